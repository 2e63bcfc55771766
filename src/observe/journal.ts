import { noop } from "../base/operations.ts";

/**
 * What a journal keeps.
 *
 * **Lifetime.** The journal gives it its number, once.
 *
 * **Failure.** None: plain data.
 */
export interface Numbered {
  /** Its place in the journal: from 1, growing by one. */
  seq: number;
}

/**
 * What to look for in a {@link Journal}.
 *
 * **Lifetime.** Read at the call.
 *
 * **Failure.** None: what fits nothing finds nothing.
 */
export interface JournalQuery<T> {
  /** Only those. @default all */
  matches?: ((record: T) => boolean) | undefined;
  /** At most so many, the newest. @default 100 */
  limit?: number | undefined;
  /** Only those before this number: the `next` of the page before. @default up to the newest */
  before?: number | undefined;
  /** Only those after this number. @default from the oldest that is kept */
  after?: number | undefined;
}

/**
 * What was found: the newest first.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None.
 */
export interface JournalPage<T> {
  /** Those that fit. */
  records: T[];
  /** The `before` of the next page; `undefined` when nothing older fits. */
  next: number | undefined;
}

/**
 * A part of a live stream: what has come since the part before.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** `lost` tells how many the reader was too slow for: they came before these.
 */
export interface JournalBatch<T> {
  /** The oldest first. */
  records: T[];
  /** How many are missing before these. */
  lost: number;
}

/**
 * A reader of what comes.
 *
 * **Lifetime.** From `subscribe` until `close`.
 *
 * **Failure.** A reader that does not take loses the oldest, and is told how many.
 */
export interface JournalSubscription<T> {
  /** What has come since, at once; `undefined` when nothing has. */
  take(): JournalBatch<T> | undefined;
  /** Calls `wake` once, when there is something to take; at once if there is. The newest `wake` counts. */
  whenReady(wake: () => void): void;
  /** Nothing is kept for it any more. */
  close(): void;
}

/** How many records a subscriber can be behind. */
const BACKLOG = 1_000;

/**
 * The last so many records of something, numbered, with live readers. The oldest falls out for the newest.
 *
 * **Lifetime.** A passive value. Its memory grows with what it keeps, up to `size` records.
 *
 * **Failure.** None.
 */
export class Journal<T extends Numbered> {
  /** How many it keeps at most. */
  readonly size: number;
  readonly #ring: T[] = [];
  readonly #readers = new Set<Reader<T>>();
  #last = 0;

  /** An empty one that keeps `size` records, at least one. */
  constructor(size: number) {
    this.size = size;
  }

  /** The number of the newest record: so many have been added. */
  get last(): number {
    return this.#last;
  }

  /** How many have fallen out. */
  get dropped(): number {
    return this.#last - this.#ring.length;
  }

  /** Adds a record, and gives it its number. */
  add(record: T): void {
    this.#last += 1;
    record.seq = this.#last;
    if (this.#ring.length < this.size) this.#ring.push(record);
    else this.#ring[(this.#last - 1) % this.size] = record;
    for (const reader of this.#readers) reader.offer(record);
  }

  /** What fits, the newest first. */
  query({ matches, limit = 100, before = this.#last + 1, after = 0 }: JournalQuery<T> = {}): JournalPage<T> {
    const records: T[] = [];
    const oldest = Math.max(this.dropped, after) + 1;
    for (let seq = Math.min(before - 1, this.#last); seq >= oldest; seq -= 1) {
      const record = this.#ring[(seq - 1) % this.size] as T;
      if (matches !== undefined && !matches(record)) continue;
      if (records.length === limit) return { records, next: seq + 1 };
      records.push(record);
    }
    return { records, next: undefined };
  }

  /**
   * What comes from now on; with `after`, first what was kept since that number. `backlog` is how many it can be behind.
   * Whoever subscribes closes.
   */
  subscribe(
    options: { matches?: JournalQuery<T>["matches"]; after?: number | undefined; backlog?: number | undefined } = {},
  ): JournalSubscription<T> {
    const { matches, after, backlog = BACKLOG } = options;
    const reader = new Reader<T>(matches, backlog, () => this.#readers.delete(reader));
    if (after !== undefined) {
      if (after < this.dropped) reader.lose(this.dropped - after);
      const { records } = this.query({ after, limit: this.size });
      for (const record of records.reverse()) reader.offer(record);
    }
    this.#readers.add(reader);
    return reader;
  }
}

class Reader<T> implements JournalSubscription<T> {
  readonly #matches: ((record: T) => boolean) | undefined;
  readonly #backlog: number;
  readonly #closed: () => void;
  #records: T[] = [];
  #from = 0;
  #lost = 0;
  #wake: () => void = noop;

  constructor(matches: ((record: T) => boolean) | undefined, backlog: number, closed: () => void) {
    this.#matches = matches;
    this.#backlog = backlog;
    this.#closed = closed;
  }

  offer(record: T): void {
    if (this.#matches !== undefined && !this.#matches(record)) return;
    this.#records.push(record);
    if (this.#records.length - this.#from > this.#backlog) this.#forgetOldest();
    this.#tell();
  }

  lose(count: number): void {
    this.#lost += count;
  }

  take(): JournalBatch<T> | undefined {
    if (this.#records.length === 0 && this.#lost === 0) return undefined;
    const batch = { records: this.#records.slice(this.#from), lost: this.#lost };
    this.#records = [];
    this.#from = 0;
    this.#lost = 0;
    return batch;
  }

  whenReady(wake: () => void): void {
    this.#wake = wake;
    if (this.#records.length > 0 || this.#lost > 0) this.#tell();
  }

  close(): void {
    this.#wake = noop;
    this.#closed();
  }

  /** Shifting an array of a thousand for each record would cost every request of a reader that is stalled. */
  #forgetOldest(): void {
    this.#from += 1;
    this.#lost += 1;
    if (this.#from < this.#backlog) return;
    this.#records = this.#records.slice(this.#from);
    this.#from = 0;
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = noop;
    wake();
  }
}
