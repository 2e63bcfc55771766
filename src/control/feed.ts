import type { Journal, JournalQuery, Numbered } from "../observe/journal.ts";

/** What has come to a journal since somebody looked last. */
export interface FeedBatch {
  /** As JSON, the oldest first. */
  rows: { seq: number; json: string }[];
  /** How many came before these and are left out. */
  lost: number;
}

/** The JSON of so many rows is kept: most streams are sent the same. */
const MOST_KEPT = 1_000;

/** The rows of a journal as JSON, each made once for many readers. */
export class RowTexts<T extends Numbered> {
  readonly journal: Journal<T>;
  readonly #toRow: (record: T) => unknown;
  readonly #texts = new Map<number, string>();

  constructor(journal: Journal<T>, toRow: (record: T) => unknown) {
    this.journal = journal;
    this.#toRow = toRow;
  }

  of(record: T): string {
    const known = this.#texts.get(record.seq);
    if (known !== undefined) return known;
    const text = JSON.stringify(this.#toRow(record));
    this.#texts.set(record.seq, text);
    for (const [oldest] of this.#texts) {
      if (this.#texts.size <= MOST_KEPT) break;
      this.#texts.delete(oldest);
    }
    return text;
  }
}

/**
 * A place in a journal, from which on somebody has not been told. It holds nothing: what is not taken in time falls out of
 * the journal.
 */
export class Feed<T extends Numbered> {
  readonly #texts: RowTexts<T>;
  readonly #matches: JournalQuery<T>["matches"];
  #told: number;

  /** @param after the last that was told; the newest unless it is given. */
  constructor(texts: RowTexts<T>, matches: JournalQuery<T>["matches"], after: number = texts.journal.last) {
    this.#texts = texts;
    this.#matches = matches;
    this.#told = Math.min(after, texts.journal.last);
  }

  /** What has come since, at most `limit`, the newest; `undefined` when nothing has. */
  take(limit: number): FeedBatch | undefined {
    const { journal } = this.#texts;
    if (journal.last === this.#told) return undefined;
    const fallenOut = Math.max(0, journal.dropped - this.#told);
    const { records } = journal.query({ matches: this.#matches, after: this.#told, limit: journal.size });
    this.#told = journal.last;
    const lost = fallenOut + Math.max(0, records.length - limit);
    if (records.length + lost === 0) return undefined;
    const rows = records.slice(0, limit).reverse();
    return { rows: rows.map((record) => ({ seq: record.seq, json: this.#texts.of(record) })), lost };
  }
}
