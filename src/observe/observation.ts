import type { RequestRecord } from "../base/request-record.ts";
import type { EventRecord } from "./event-record.ts";
import { Journal } from "./journal.ts";
import type { RequestObserver } from "./request-observer.ts";

/** Figures for Prometheus. */
export interface Metrics extends RequestObserver {
  text(): Promise<string>;
  readonly contentType: string;
}

/** How requests went in the last 60 s. */
export interface Stats {
  requestsPerSecond: number;
  requestsPerMinute: number;
  errorRate: number;
  averageMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

/** How requests went over a time, step by step. */
export interface Series {
  stepMs: number;
  points: {
    time: number;
    requests: number;
    errors: number;
    p50Ms: number | null;
    p95Ms: number | null;
    p99Ms: number | null;
    inFlight: number;
  }[];
}

/** What is remembered of requests, in total and for each hostname. */
export interface History extends RequestObserver {
  stats(hostname?: string): Stats;
  series(hostname: string | undefined, range: "10m" | "24h"): Series;
  spark(hostname: string, points: number): number[];
}

/** Everything that is remembered of a switchboard that runs. */
export interface Observation<E = unknown> {
  requests: Journal<RequestRecord>;
  events: Journal<EventRecord<E>>;
  metrics: Metrics;
  history: History;
}

/** Makes an {@link Observation} that remembers requests and events, and knows no figures. */
export function createObservation<E>(): Observation<E> {
  const ignore = { began() {}, finished() {} };
  const stats = {
    requestsPerSecond: 0,
    requestsPerMinute: 0,
    errorRate: 0,
    averageMs: 0,
    p50Ms: 0,
    p95Ms: 0,
    p99Ms: 0,
  };
  return {
    requests: new Journal(10_000),
    events: new Journal(2_000),
    metrics: { ...ignore, text: async () => "# nothing is counted\n", contentType: "text/plain; version=0.0.4" },
    history: {
      ...ignore,
      stats: () => stats,
      series: (_hostname, range) => ({ stepMs: range === "10m" ? 1_000 : 60_000, points: [] }),
      spark: (_hostname, points) => Array<number>(points).fill(0),
    },
  };
}
