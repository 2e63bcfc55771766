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
 * The delay after the `failures`th failure in a row (1 for the first): exponential, at most `maxMs`, with
 * jitter: between half of that and all of it, so that those who failed together do not come back together.
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
  const full = Math.min(maxMs, initialMs * factor ** (failures - 1));
  return full / 2 + (full / 2) * random();
}
