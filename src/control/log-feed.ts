import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { LogLine } from "../server/log-ring.ts";

/** So many lines wait for their reader; then the oldest are left out. */
const MOST_LINES = 1_000;

/**
 * What an app prints from now on, until somebody takes it.
 *
 * **Lifetime.** From the call on, until `close`.
 */
export class LogFeed {
  readonly close: () => void;
  #lines: LogLine[] = [];
  #lost = 0;

  constructor(pool: ServerPool, hostname: string) {
    this.close = pool.listenLog(hostname, (line) => this.#add(line));
  }

  /** What has been printed since; `undefined` when nothing has. A line that is not complete yet comes again as it grows. */
  take(): { lines: LogLine[]; lost: number } | undefined {
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
    const last = this.#lines.at(-1);
    if (last !== undefined && !last.complete && last.stream === line.stream) this.#lines.pop(); // it has grown
    this.#lines.push(line);
    if (this.#lines.length < 2 * MOST_LINES) return;
    this.#lines = this.#lines.slice(MOST_LINES);
    this.#lost += MOST_LINES;
  }
}
