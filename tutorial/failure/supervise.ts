// #region supervise
import { type Operation, scoped, sleep } from "effection";

export interface Restarts {
  /** How many in all, before the next failure is passed on. */
  max: number;
  firstDelayMs: number;
  onRestart(error: Error, delayMs: number): void;
}

/** Runs a life; when it fails, starts it again after a delay that doubles each time. */
export function* supervise(life: () => Operation<void>, { max, firstDelayMs, onRestart }: Restarts): Operation<void> {
  for (let failures = 0; ; failures += 1) {
    try {
      return yield* scoped(life);
    } catch (error) {
      if (failures === max) throw error;
      const delayMs = firstDelayMs * 2 ** failures;
      onRestart(error as Error, delayMs);
      yield* sleep(delayMs);
    }
  }
}
// #endregion
