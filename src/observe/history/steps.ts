import { fromCode, NO_CODE, toCode } from "./durations.ts";
import type { Happened } from "./minute.ts";

/**
 * What happened in one step of time.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None.
 */
export interface HistoryPoint {
  /** When the step began, in milliseconds since 1970. */
  time: number;
  /** How many requests ended in it. */
  requests: number;
  /** How many of them failed: their status was 5xx, or they had no answer in time, or their server broke off. */
  errors: number;
  /** Half of them took at most so long, in milliseconds, within 5 %; `null` when there was none. */
  p50Ms: number | null;
  /** The same for 95 of 100. */
  p95Ms: number | null;
  /** The same for 99 of 100. */
  p99Ms: number | null;
  /** How many were in flight at once, at most. */
  inFlight: number;
}

/** In 16 bits nothing is counted further. */
const FULL = 2 ** 16 - 1;

/** The last `size` steps of time, each with 12 bytes, or 16 where counts have 32 bits. A step is the number of seconds, or minutes, since 1970. */
export class Steps {
  readonly size: number;
  readonly #stepMs: number;
  readonly #requests: Uint16Array | Uint32Array;
  readonly #errors: Uint16Array | Uint32Array;
  readonly #inFlight: Uint16Array;
  /** Codes, three for each step. */
  readonly #percentiles: Uint16Array;

  /** @param Counts what is enough for the requests of a step: no process answers 65,535 in a second. */
  constructor(size: number, stepMs: number, Counts: typeof Uint16Array | typeof Uint32Array) {
    this.size = size;
    this.#stepMs = stepMs;
    this.#requests = new Counts(size);
    this.#errors = new Counts(size);
    this.#inFlight = new Uint16Array(size);
    this.#percentiles = new Uint16Array(size * 3);
  }

  put(step: number, { requests, errors, percentiles }: Happened, inFlight: number): void {
    const at = step % this.size;
    this.#requests[at] = requests;
    this.#errors[at] = errors;
    this.#inFlight[at] = Math.min(inFlight, FULL);
    for (let i = 0; i < 3; i += 1) {
      const ms = percentiles?.[i];
      this.#percentiles[at * 3 + i] = ms === undefined ? NO_CODE : toCode(ms);
    }
  }

  /** How many requests ended in a step. */
  requestsIn(step: number): number {
    return this.#requests[step % this.size] as number;
  }

  point(step: number): HistoryPoint {
    const at = step % this.size;
    return {
      time: step * this.#stepMs,
      requests: this.#requests[at] as number,
      errors: this.#errors[at] as number,
      p50Ms: toMs(this.#percentiles[at * 3]),
      p95Ms: toMs(this.#percentiles[at * 3 + 1]),
      p99Ms: toMs(this.#percentiles[at * 3 + 2]),
      inFlight: this.#inFlight[at] as number,
    };
  }
}

function toMs(code: number = NO_CODE): number | null {
  return code === NO_CODE ? null : inMicroseconds(fromCode(code));
}

/** In whole microseconds. */
export function inMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
