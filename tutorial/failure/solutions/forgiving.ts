import { type Operation, scoped, sleep } from "effection";
import type { Restarts } from "../supervise.ts";

/** Like `supervise`, but a life that lasted for `wellMs` is forgiven what was before. */
export function* superviseForgiving(
  life: () => Operation<void>,
  { max, firstDelayMs, onRestart, wellMs = 60_000 }: Restarts & { wellMs?: number },
): Operation<void> {
  for (let failures = 0; ; failures += 1) {
    const since = performance.now();
    try {
      return yield* scoped(life);
    } catch (error) {
      if (performance.now() - since >= wellMs) failures = 0;
      if (failures === max) throw error;
      const delayMs = firstDelayMs * 2 ** failures;
      onRestart(error as Error, delayMs);
      yield* sleep(delayMs);
    }
  }
}
