import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { LogLine } from "../server/log-ring.ts";

/** So many lines wait for their reader; then the oldest are left out. */
const MOST_LINES = 1_000;

/** What has been printed since somebody looked last. */
export interface LogBatch {
  lines: LogLine[];
  /** How many came before these and are left out. */
  lost: number;
}

/**
 * What an app prints from now on, or after the line with a certain number, until somebody takes it.
 *
 * **Lifetime.** From the call on, until `close`.
 */
export class LogFeed {
  readonly close: () => void;
  #lines: LogLine[] = [];
  #lost = 0;

  constructor(pool: ServerPool, hostname: string, after?: number) {
    this.close = pool.listenLog(hostname, (line) => this.#add(line));
    if (after === undefined) return;
    const { lines, lost } = linesAfter(pool.log(hostname), after);
    this.#lines = lines;
    this.#lost = lost;
  }

  /** What has been printed since; `undefined` when nothing has. A line that is not complete yet comes again as it grows. */
  take(): LogBatch | undefined {
    if (this.#lines.length === 0) return undefined;
    const batch = {
      lines: this.#lines.slice(-MOST_LINES),
      lost: this.#lost + Math.max(0, this.#lines.length - MOST_LINES),
    };
    this.#lines = [];
    this.#lost = 0;
    return batch;
  }

  #add(line: LogLine): void {
    if (this.#lines.at(-1)?.seq === line.seq) this.#lines.pop(); // it has grown
    this.#lines.push(line);
    if (this.#lines.length < 2 * MOST_LINES) return;
    this.#lines = this.#lines.slice(MOST_LINES);
    this.#lost += MOST_LINES;
  }
}

/**
 * What stands after a line. By its place, not by its number: a line that began before it may have ended after it. One that
 * has fallen out is before all that are left; a number that no line has had yet is that of another switchboard.
 */
function linesAfter(lines: readonly LogLine[], after: number): LogBatch {
  const at = lines.findIndex(({ seq }) => seq === after);
  if (at !== -1) return { lines: lines.slice(at + 1), lost: 0 };
  const seqs = lines.map(({ seq }) => seq);
  if (after > Math.max(...seqs)) return { lines: [], lost: 0 };
  const isFull = lines.length === MOST_LINES;
  return { lines: [...lines], lost: isFull ? Math.max(0, Math.min(...seqs) - after - 1) : 0 };
}
