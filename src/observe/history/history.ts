import { checkKnownOptions, integerOption } from "../../base/options.ts";
import type { RequestRecord } from "../../base/request-record.ts";
import { BusiestHostnames, OTHERS, OTHERS_NAME } from "../busiest-hostnames.ts";
import type { RequestObserver } from "../request-observer.ts";
import { bucketOf } from "./durations.ts";
import { HistoryLine } from "./line.ts";
import { MINUTE_S } from "./minute.ts";
import { type HistoryPoint, inMicroseconds } from "./steps.ts";

/**
 * How the requests of the last 60 seconds went, up to now.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: without requests, everything is 0.
 */
export interface HistoryStats {
  /** How many ended in a second, on average over the 60. */
  requestsPerSecond: number;
  /** How many ended in the 60 seconds. */
  requestsPerMinute: number;
  /** Which share of them failed, from 0 to 1: their status was 5xx, they timed out, or their server broke off. */
  errorRate: number;
  /** How long they took on average, in milliseconds. Upgrades, such as WebSockets, have no duration here. */
  averageMs: number;
  /** Half of them took at most so long, within 4.9 %; never more than the longest, nor less than the shortest. */
  p50Ms: number;
  /** The same for 95 of 100. */
  p95Ms: number;
  /** The same for 99 of 100. */
  p99Ms: number;
}

/**
 * A series of steps of the same length, the oldest first. The step that is under way is not in it.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: a hostname that nobody has asked for has no points.
 */
export interface HistorySeries {
  /** How long a step is. */
  stepMs: number;
  /** One for each step. */
  points: HistoryPoint[];
}

/**
 * What to keep a history of.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface HistoryConfig {
  /** So many hostnames have a history of their own, the busiest; all others together are `_other`. At most 500. @default 200 */
  topHostnames?: number | undefined;
}

/**
 * A short history in memory: for every hostname and in total, 10 minutes by the second and 24 hours by the minute.
 *
 * **Lifetime.** A passive value without a timer. Memory is fixed: 55 kB for each hostname that has a history of its own
 * and for two more, which is 11 MB at most for 200. A hostname that loses its place to a busier one loses its history.
 *
 * **Failure.** None.
 */
export interface History extends RequestObserver {
  /** The last 60 seconds of a hostname, or of all. */
  stats(hostname?: string): HistoryStats;
  /** The last 10 minutes by the second, or the last 24 hours by the minute. */
  series(hostname: string | undefined, range: "10m" | "24h"): HistorySeries;
  /** The requests in each of the last seconds, at most 600, the newest last. */
  spark(hostname: string | undefined, points: number): number[];
  /** The hostnames with a history of their own that were asked for in the last 10 minutes. */
  hostnames(): string[];
  /** The history of a hostname begins anew; what it was remains a part of the total. */
  forget(hostname: string): void;
}

/** Makes a history, in which nothing has happened yet. */
export function createHistory(config: HistoryConfig = {}): History {
  checkKnownOptions("createHistory", config, ["topHostnames"]);
  return new MemoryHistory(integerOption("topHostnames", config.topHostnames ?? 200, 1, 500));
}

class MemoryHistory implements History {
  readonly #total: HistoryLine = new HistoryLine(thisSecond());
  readonly #hostnames: BusiestHostnames;
  /** By their place. */
  readonly #lines: HistoryLine[] = [new HistoryLine(thisSecond())];
  /** The minute of the last review. */
  #reviewed: number = Math.floor(thisSecond() / MINUTE_S);

  constructor(topHostnames: number) {
    this.#hostnames = new BusiestHostnames(topHostnames);
  }

  began(record: RequestRecord): void {
    if (record.upgrade) return;
    const second = Math.floor(record.time / 1_000);
    this.#review(second);
    this.#total.enter(second);
    this.#lineAt(this.#hostnames.placeSince(record.hostname, record.receivedAt), second).enter(second);
  }

  finished(record: RequestRecord): void {
    const second = thisSecond();
    this.#review(second);
    const ms = record.upgrade ? undefined : record.durationMs;
    const bucket = bucketOf(ms ?? 0);
    const failed = isError(record);
    this.#total.add(second, ms, bucket, failed);
    this.#lineAt(this.#hostnames.count(record.hostname), second).add(second, ms, bucket, failed);
    if (record.upgrade) return;
    this.#total.leave(second);
    this.#lineAt(this.#hostnames.placeSince(record.hostname, record.receivedAt), second).leave(second);
  }

  stats(hostname?: string): HistoryStats {
    const last = this.#find(hostname)?.lastMinute(thisSecond());
    const { requests = 0, errors = 0, averageMs = 0, percentiles: [p50, p95, p99] = [0, 0, 0] } = last ?? {};
    return {
      requestsPerSecond: requests / 60,
      requestsPerMinute: requests,
      errorRate: requests === 0 ? 0 : errors / requests,
      averageMs,
      p50Ms: inMicroseconds(p50),
      p95Ms: inMicroseconds(p95),
      p99Ms: inMicroseconds(p99),
    };
  }

  series(hostname: string | undefined, range: "10m" | "24h"): HistorySeries {
    const stepMs = range === "10m" ? 1_000 : 60_000;
    return { stepMs, points: this.#find(hostname)?.points(thisSecond(), range) ?? [] };
  }

  spark(hostname: string | undefined, points: number): number[] {
    return this.#find(hostname)?.perSecond(thisSecond(), points) ?? Array<number>(Math.min(points, 600)).fill(0);
  }

  hostnames(): string[] {
    const second = thisSecond();
    return [...this.#hostnames.places].filter(([, place]) => this.#lines[place]?.isInUse(second)).map(([name]) => name);
  }

  forget(hostname: string): void {
    const place = this.#hostnames.restart(hostname);
    if (place !== undefined) this.#restart(place, thisSecond());
  }

  #find(hostname: string | undefined): HistoryLine | undefined {
    if (hostname === undefined) return this.#total;
    if (hostname === OTHERS_NAME) return this.#lines[OTHERS];
    const place = this.#hostnames.places.get(hostname);
    return place === undefined ? undefined : this.#lines[place];
  }

  #lineAt(place: number, second: number): HistoryLine {
    return this.#lines[place] ?? this.#addLine(place, second);
  }

  #addLine(place: number, second: number): HistoryLine {
    const line = new HistoryLine(second);
    this.#lines[place] = line;
    return line;
  }

  /** Once a minute, the places of the least busy hostnames go to busier ones. */
  #review(second: number): void {
    const minutes = Math.floor(second / MINUTE_S) - this.#reviewed;
    if (minutes === 0 || minutes === -1) return; // a request from just before
    this.#reviewed += minutes;
    this.#hostnames.review((place) => this.#restart(place, second));
  }

  /** What is in flight there is one of the others' from now on. */
  #restart(place: number, second: number): void {
    const inFlight = this.#lineAt(place, second).restart(second);
    if (inFlight > 0) this.#lineAt(OTHERS, second).enter(second, inFlight);
  }
}

function thisSecond(): number {
  return Math.floor(Date.now() / 1_000);
}

/** Who is told to wait for a server that starts has met no error. */
function isError({ status = 0, outcome, code }: RequestRecord): boolean {
  return (status >= 500 && code !== "STARTING") || outcome === "failed" || outcome === "timed-out";
}
