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
  event: E;
}
