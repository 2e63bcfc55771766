/** How long to wait after failures that follow each other. */
export interface BackoffSettings {
  initialMs: number;
  factor: number;
  maxMs: number;
}

/**
 * The delay after the `failures`th failure in a row (1 for the first): exponential, at most `maxMs`, with
 * jitter: between half of that and all of it, so that those who failed together do not come back together.
 */
export function backoffDelay(failures: number, settings: BackoffSettings, random: () => number = Math.random): number {
  const { initialMs, factor, maxMs } = settings;
  const full = Math.min(maxMs, initialMs * factor ** (failures - 1));
  return full / 2 + (full / 2) * random();
}
