import type { RequestRecord } from "../base/request-record.ts";
import { type EventRecord, keep } from "./event-record.ts";
import { createHistory, type History } from "./history/history.ts";
import { Journal } from "./journal.ts";
import type { LifecycleEvent } from "./metrics/lifecycle.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { PoolSample } from "./metrics/pool.ts";
import type { RequestObserver } from "./request-observer.ts";

/**
 * What is kept of what happens, for whoever wants to look.
 *
 * **Lifetime.** That of the switchboard it belongs to; it can be read afterwards. Its memory is bounded: a record takes about
 * 1 kB, the history 11 MB at most.
 *
 * **Failure.** None. It listens, and steers nothing.
 */
export interface Observation<E = unknown> {
  /** The last requests. */
  readonly requests: Journal<RequestRecord>;
  /** The last events. */
  readonly events: Journal<EventRecord<E>>;
  /** What is counted, for Prometheus. */
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  /** How requests went in the last minutes and hours. */
  readonly history: Pick<History, "stats" | "series" | "spark">;
}

/** How much is kept. */
export interface ObservationSettings {
  requests: number;
  events: number;
}

/** What fills an {@link Observation}. */
export interface Observing<E> extends Observation<E> {
  readonly history: History;
  /** Hears of every request. */
  readonly observer: RequestObserver;
  /** Hears of every event. */
  heard(event: E): void;
  /** Nothing is watched any more. */
  close(): void;
}

/** What whoever looks is given of it. */
export function toObservation<E>({ requests, events, metrics, history }: Observing<E>): Observation<E> {
  return { requests, events, metrics, history };
}

/** Makes an observation that is empty. `sample` tells how the pool is. */
export function createObservation<E extends LifecycleEvent>({
  requests: size,
  events: eventSize,
  sample,
}: ObservationSettings & { sample: () => PoolSample }): Observing<E> {
  const requests = new Journal<RequestRecord>(size);
  const events = new Journal<EventRecord<E>>(eventSize);
  const metrics = createMetrics({ sample });
  const history = createHistory();
  return {
    requests,
    events,
    metrics,
    history,
    observer: {
      began(record) {
        metrics.began(record);
        history.began(record);
      },
      finished(record) {
        metrics.finished(record);
        history.finished(record);
        requests.add(record);
      },
    },
    heard(event) {
      metrics.event(event);
      events.add({ seq: 0, time: Date.now(), event: keep(event) });
    },
    close: () => metrics.close(),
  };
}
