import { type ErrorSummary, summarize } from "../base/errors.ts";

/**
 * Something that has happened, with its place in the journal.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None: plain data.
 */
export interface EventRecord<E = unknown> {
  /** Its place in the journal: from 1, growing by one. */
  seq: number;
  /** When, in milliseconds since 1970. */
  time: number;
  /** What. */
  event: Kept<E>;
}

/**
 * An event without its stack: of an error its facts are kept. A stack holds on to what was called.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None: plain data.
 */
export type Kept<E> = E extends { error: Error } ? Omit<E, "error"> & { error: ErrorSummary } : E;

/** What is kept of `event`. */
export function keep<E extends object>(event: E): Kept<E> {
  return (
    "error" in event && event.error instanceof Error ? { ...event, error: summarize(event.error) } : event
  ) as Kept<E>;
}
