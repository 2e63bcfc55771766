import type { RequestRecord } from "../../base/request-record.ts";
import { OTHERS_NAME } from "../busiest-hostnames.ts";

/** Upper bounds of the buckets of durations, in seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** The methods that have a name of their own (RFC 9110 section 9, RFC 5789); anybody can invent others. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const OTHER_METHOD = METHODS.length;
const METHOD_NUMBERS = new Map(METHODS.map((method, number) => [method, number]));

/** So many pairs of method and status are counted apart; any others have their method as `_other`, and a class of status. */
const PAIRS = 20;
/** The classes 1 to 9, by the first digit, and 0 for no answer. */
const CLASSES = 10;
const STATUSES = 1_000;

/** How often requests of one method were answered with one status. */
export interface Answered {
  method: string;
  /** A code, a class such as `4xx`, or `none`. */
  status: string;
  count: number;
}

/** The requests of one hostname, or of several together, in about 600 bytes, however many methods and statuses there are. */
export class RequestTally {
  inFlight = 0;
  bytesIn = 0;
  bytesOut = 0;
  rateLimited = 0;
  /** How long all of them took, in seconds. */
  seconds = 0;
  /** How many took at most so long as the bound of their bucket; the last one is for all others. */
  readonly durations: Float64Array = new Float64Array(DURATION_BOUNDS.length + 1);
  /** What each pair is, as a number, and how often it came. */
  readonly #pairs: Uint16Array = new Uint16Array(PAIRS + CLASSES);
  readonly #counts: Float64Array = new Float64Array(PAIRS + CLASSES);
  #known = 0;

  /** Counts a request that is over. */
  add(record: RequestRecord): void {
    const { method, status = 0 } = record;
    this.#count((METHOD_NUMBERS.get(method) ?? OTHER_METHOD) * STATUSES + status, 1);
    this.bytesIn += record.bytesIn;
    this.bytesOut += record.bytesOut;
    if (record.code === "RATE_LIMITED") this.rateLimited += 1;
    if (record.upgrade) return; // a socket may be open for days
    const seconds = record.durationMs / 1_000;
    this.seconds += seconds;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[bucket] as number)) bucket += 1;
    this.durations[bucket] = (this.durations[bucket] as number) + 1;
  }

  /** Takes over all that `other` has counted, which is empty then. */
  take(other: RequestTally): void {
    this.inFlight += other.inFlight;
    this.bytesIn += other.bytesIn;
    this.bytesOut += other.bytesOut;
    this.rateLimited += other.rateLimited;
    this.seconds += other.seconds;
    for (const [i, count] of other.durations.entries()) this.durations[i] = (this.durations[i] as number) + count;
    for (let i = 0; i < other.#known; i += 1) this.#count(other.#pairs[i] as number, other.#counts[i] as number);
    other.#clear();
  }

  /** How often each method was answered with each status. */
  answered(): Answered[] {
    return Array.from(this.#pairs.subarray(0, this.#known), (pair, i) => {
      const status = pair % STATUSES;
      return {
        method: METHODS[Math.floor(pair / STATUSES)] ?? OTHERS_NAME,
        status: status === 0 ? "none" : status < CLASSES ? `${status}xx` : `${status}`,
        count: this.#counts[i] as number,
      };
    });
  }

  #count(pair: number, times: number): void {
    const at = this.#indexOf(pair) ?? this.#add(pair);
    this.#counts[at] = (this.#counts[at] as number) + times;
  }

  #indexOf(pair: number): number | undefined {
    for (let i = 0; i < this.#known; i += 1) if (this.#pairs[i] === pair) return i;
    return undefined;
  }

  #add(pair: number): number {
    const status = pair % STATUSES;
    const rough = OTHER_METHOD * STATUSES + (status < CLASSES ? status : Math.floor(status / 100));
    const kept = this.#known < PAIRS ? pair : rough;
    const known = this.#indexOf(kept);
    if (known !== undefined) return known;
    this.#pairs[this.#known] = kept;
    this.#known += 1;
    return this.#known - 1;
  }

  #clear(): void {
    this.inFlight = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.rateLimited = 0;
    this.seconds = 0;
    this.durations.fill(0);
    this.#counts.fill(0);
    this.#known = 0;
  }
}
