import type { RequestRecord } from "../base/request-record.ts";
import { Journal, type Numbered } from "./journal.ts";
import type { RequestObserver } from "./request-observer.ts";

/**
 * Something that has happened, with its place and time.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None: plain data.
 */
export interface EventRecord<E> extends Numbered {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  /** What. */
  readonly event: E;
}

/**
 * What is kept of what happens, for whoever wants to look.
 *
 * **Lifetime.** That of the switchboard it belongs to; it can be read afterwards.
 *
 * **Failure.** None. It listens, and steers nothing.
 */
export interface Observation<E> {
  /** The last requests. */
  readonly requests: Journal<RequestRecord>;
  /** The last events. */
  readonly events: Journal<EventRecord<E>>;
}

/** How much is kept. */
export interface ObservationSettings {
  requests: number;
  events: number;
}

/** What fills an {@link Observation}. */
export interface Observing<E> extends Observation<E> {
  /** Hears of every request. */
  readonly observer: RequestObserver;
  /** Hears of every event. */
  heard(event: E): void;
}

/** Makes an observation that is empty. */
export function createObservation<E>({ requests: size, events: eventSize }: ObservationSettings): Observing<E> {
  const requests = new Journal<RequestRecord>(size);
  const events = new Journal<EventRecord<E>>(eventSize);
  return {
    requests,
    events,
    observer: {
      began() {},
      finished: (record) => requests.add(record),
    },
    heard: (event) => events.add({ seq: 0, time: Date.now(), event }),
  };
}
