/**
 * How long to wait after failures that follow each other.
 *
 * **Lifetime.** Read at each {@link backoffDelay}.
 *
 * **Failure.** None: plain data. Whoever takes it as an option checks it.
 */
export interface BackoffSettings {
  /** The longest delay after the first failure. */
  initialMs: number;
  /** By how much it grows with each further failure. */
  factor: number;
  /** The longest delay of all. */
  maxMs: number;
}

/**
 * The delay after the `failures`th failure in a row (1 for the first), with full jitter: anything from 0 to
 * `initialMs * factor ** (failures - 1)`, and at most `maxMs`. So those who failed together, because of one database
 * perhaps, come back as far apart as can be. A short delay is as likely as a long one: limit how often, too.
 *
 * **Lifetime.** A pure function, but for `random`.
 *
 * **Failure.** None.
 *
 * ```ts
 * yield* sleep(backoffDelay(failures, { initialMs: 100, factor: 2, maxMs: 30_000 }));
 * ```
 */
export function backoffDelay(failures: number, settings: BackoffSettings, random: () => number = Math.random): number {
  const { initialMs, factor, maxMs } = settings;
  return Math.min(maxMs, initialMs * factor ** (failures - 1)) * random();
}
