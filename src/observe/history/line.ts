import { type Happened, LastMinute, MINUTE_S } from "./minute.ts";
import { type HistoryPoint, Steps } from "./steps.ts";

const SECONDS = 600;
const MINUTES = 1_440;

const NOTHING: Happened = { requests: 0, errors: 0, percentiles: undefined };

/**
 * What happened with the requests of one hostname, or of several together: 10 minutes by the second, and a day by the
 * minute, in 55 kB. There is no timer: what has passed is noted when it is told or asked something.
 *
 * The clock is that of the system, since times are shown. A pause, such as sleep, is time in which nothing happened. A
 * clock that is set back stands still until it has caught up; by more than a minute, and the history begins anew.
 */
export class HistoryLine {
  readonly #seconds: Steps = new Steps(SECONDS, 1_000, Uint16Array);
  readonly #minutes: Steps = new Steps(MINUTES, 60_000, Uint32Array);
  readonly #last: LastMinute = new LastMinute();
  /** The second under way, and the first one that is known. */
  #second: number;
  #from: number;
  #inFlight = 0;
  /** The second in which a request ended last. */
  #endedAt: number = Number.NEGATIVE_INFINITY;
  /** The most that were in flight at once, in the second and in the minute under way. */
  #secondPeak = 0;
  #minutePeak = 0;

  /** @param second like all seconds here: the number of it since 1970. */
  constructor(second: number) {
    this.#second = second;
    this.#from = second;
  }

  /** One more is in flight, or several. */
  enter(second: number, requests = 1): void {
    if (second !== this.#second) this.#advance(second);
    this.#inFlight += requests;
    if (this.#inFlight > this.#secondPeak) this.#secondPeak = this.#inFlight;
    if (this.#inFlight > this.#minutePeak) this.#minutePeak = this.#inFlight;
  }

  /** One is not in flight any more. */
  leave(second: number): void {
    if (second !== this.#second) this.#advance(second);
    this.#inFlight -= 1;
  }

  /** A request has ended; one without a duration has `undefined`. */
  add(second: number, ms: number | undefined, bucket: number, failed: boolean): void {
    if (second !== this.#second) this.#advance(second);
    this.#last.add(this.#second, ms, bucket, failed);
    this.#endedAt = this.#second;
  }

  /** Whether a request is in flight, or has ended in the last 10 minutes. */
  isInUse(second: number): boolean {
    return this.#inFlight > 0 || second - this.#endedAt <= SECONDS;
  }

  /** What happened in the last minute, the second under way included. */
  lastMinute(second: number): ReturnType<LastMinute["inAll"]> {
    this.#advance(second);
    return this.#last.inAll();
  }

  /** The steps that are over, as far as they are known. */
  points(second: number, range: "10m" | "24h"): HistoryPoint[] {
    this.#advance(second);
    const [steps, per] = range === "10m" ? [this.#seconds, 1] : [this.#minutes, MINUTE_S];
    const end = Math.floor(this.#second / per);
    const points: HistoryPoint[] = [];
    const from = Math.max(Math.floor(this.#from / per), end - steps.size);
    for (let step = from; step < end; step += 1) points.push(steps.point(step));
    return points;
  }

  /** How many requests ended in each of the last seconds that are over. */
  perSecond(second: number, points: number): number[] {
    this.#advance(second);
    const counts: number[] = [];
    for (let at = this.#second - Math.min(points, SECONDS); at < this.#second; at += 1) {
      counts.push(at < this.#from ? 0 : this.#seconds.requestsIn(at));
    }
    return counts;
  }

  /** Begins anew for another hostname, and says how many requests of the one before are in flight. */
  restart(second: number): number {
    const inFlight = this.#inFlight;
    this.#inFlight = 0;
    this.#begin(second);
    return inFlight;
  }

  #begin(second: number): void {
    this.#second = second;
    this.#from = second;
    this.#endedAt = Number.NEGATIVE_INFINITY;
    this.#last.clear();
    this.#secondPeak = this.#inFlight;
    this.#minutePeak = this.#inFlight;
  }

  #advance(second: number): void {
    if (second < this.#second - MINUTE_S) {
      this.#begin(second); // the clock was set back
      return;
    }
    // After a minute there is nothing left to note but that nothing has happened.
    const quiet = this.#second + MINUTE_S;
    while (this.#second < second && this.#second < quiet) this.#endSecond();
    if (this.#second < second) this.#skipTo(second);
  }

  #endSecond(): void {
    this.#seconds.put(this.#second, this.#last.inSecond(this.#second), this.#secondPeak);
    this.#secondPeak = this.#inFlight;
    const next = this.#second + 1;
    if (next % MINUTE_S === 0) {
      this.#minutes.put(next / MINUTE_S - 1, this.#last.inAll(), this.#minutePeak);
      this.#minutePeak = this.#inFlight;
    }
    this.#second = next;
    this.#last.begin(next);
  }

  #skipTo(second: number): void {
    const minute = Math.floor(second / MINUTE_S);
    const firstMinute = Math.max(Math.floor(this.#second / MINUTE_S), minute - MINUTES);
    for (let step = firstMinute; step < minute; step += 1) this.#minutes.put(step, NOTHING, this.#inFlight);
    const firstSecond = Math.max(this.#second, second - SECONDS);
    for (let step = firstSecond; step < second; step += 1) this.#seconds.put(step, NOTHING, this.#inFlight);
    this.#second = second;
  }
}
