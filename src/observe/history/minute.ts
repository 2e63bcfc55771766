import { BUCKETS, type Percentiles, percentilesOf } from "./durations.ts";

/** How many seconds it remembers. */
export const MINUTE_S = 60;
/** A cell cannot count further: more requests of one duration in one second are not counted there. */
const FULL = 2 ** 16 - 1;

/** What happened in a second, or in a minute. */
export interface Happened {
  requests: number;
  errors: number;
  /** `undefined` when nothing had a duration. */
  percentiles: Percentiles | undefined;
}

/**
 * All about the last sixty seconds, the one that is under way included: a histogram for each, and their sum. 24 kB.
 */
export class LastMinute {
  readonly #requests: Uint32Array = new Uint32Array(MINUTE_S);
  readonly #errors: Uint32Array = new Uint32Array(MINUTE_S);
  readonly #timed: Uint32Array = new Uint32Array(MINUTE_S);
  readonly #ms: Float64Array = new Float64Array(MINUTE_S);
  /** What they mean where something is timed. */
  readonly #shortestMs: Float64Array = new Float64Array(MINUTE_S);
  readonly #longestMs: Float64Array = new Float64Array(MINUTE_S);
  readonly #cells: Uint16Array = new Uint16Array(MINUTE_S * BUCKETS);
  /** The cells of all seconds together. */
  readonly #sum: Uint32Array = new Uint32Array(BUCKETS);

  /** Counts a request; one without a duration has `undefined`. */
  add(second: number, ms: number | undefined, bucket: number, failed: boolean): void {
    const at = second % MINUTE_S;
    this.#requests[at] = (this.#requests[at] as number) + 1;
    if (failed) this.#errors[at] = (this.#errors[at] as number) + 1;
    if (ms === undefined) return;
    const isFirst = this.#timed[at] === 0;
    if (isFirst || ms < (this.#shortestMs[at] as number)) this.#shortestMs[at] = ms;
    if (isFirst || ms > (this.#longestMs[at] as number)) this.#longestMs[at] = ms;
    this.#timed[at] = (this.#timed[at] as number) + 1;
    this.#ms[at] = (this.#ms[at] as number) + ms;
    const cell = at * BUCKETS + bucket;
    if (this.#cells[cell] === FULL) return;
    this.#cells[cell] = (this.#cells[cell] as number) + 1;
    this.#sum[bucket] = (this.#sum[bucket] as number) + 1;
  }

  /** A new second begins: the one that was sixty seconds before it is forgotten. */
  begin(second: number): void {
    const at = second % MINUTE_S;
    if (this.#requests[at] === 0) return;
    const from = at * BUCKETS;
    for (let i = 0; i < BUCKETS; i += 1) {
      this.#sum[i] = (this.#sum[i] as number) - (this.#cells[from + i] as number);
    }
    this.#cells.fill(0, from, from + BUCKETS);
    this.#requests[at] = 0;
    this.#errors[at] = 0;
    this.#timed[at] = 0;
    this.#ms[at] = 0;
  }

  /** What happened in one of the seconds. */
  inSecond(second: number): Happened {
    const at = second % MINUTE_S;
    return {
      requests: this.#requests[at] as number,
      errors: this.#errors[at] as number,
      percentiles: percentilesOf(
        this.#cells,
        at * BUCKETS,
        this.#shortestMs[at] as number,
        this.#longestMs[at] as number,
      ),
    };
  }

  /** What happened in all of them. */
  inAll(): Happened & { averageMs: number } {
    const timed = sum(this.#timed);
    let shortestMs = Number.POSITIVE_INFINITY;
    let longestMs = 0;
    for (let at = 0; at < MINUTE_S; at += 1) {
      if (this.#timed[at] === 0) continue;
      shortestMs = Math.min(shortestMs, this.#shortestMs[at] as number);
      longestMs = Math.max(longestMs, this.#longestMs[at] as number);
    }
    return {
      requests: sum(this.#requests),
      errors: sum(this.#errors),
      percentiles: percentilesOf(this.#sum, 0, shortestMs, longestMs),
      averageMs: timed === 0 ? 0 : sum(this.#ms) / timed,
    };
  }

  /** Nothing has happened. */
  clear(): void {
    for (const counts of [this.#requests, this.#errors, this.#timed, this.#ms, this.#cells, this.#sum]) counts.fill(0);
  }
}

function sum(numbers: Uint32Array | Float64Array): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i += 1) total += numbers[i] as number;
  return total;
}
