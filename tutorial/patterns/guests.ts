// #region guests
import { type Operation, race, sleep } from "effection";
import type { RateLimiter } from "./rate-limiter.ts";

/** Waits until there is a place, and takes it. */
function* takePlace(limiter: RateLimiter, key: string): Operation<void> {
  for (;;) {
    const { allowed, retryAfterMs } = limiter.consume(key);
    if (allowed) return;
    yield* sleep(Math.ceil(retryAfterMs));
  }
}

/** Two guests for a limiter that lets each of them in three times. */
export function* letIn(limiter: RateLimiter): Operation<void> {
  for (const guest of ["ann", "ann", "ann", "ann", "bob"]) {
    const { allowed, retryAfterMs } = limiter.consume(guest);
    console.log(`${guest}: ${allowed ? "come in" : `come back in ${Math.ceil(retryAfterMs)} ms`}`);
  }
  yield* race([takePlace(limiter, "ann"), sleep(20)]);
  console.log("ann has waited for 20 ms, and leaves");
  yield* takePlace(limiter, "ann");
  console.log("ann has come back, and is in");
}
// #endregion
