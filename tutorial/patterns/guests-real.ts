// #region main
import { main } from "effection";
import { createRateLimiter } from "effection-switchboard/resilience";
import { letIn } from "./guests.ts";

await main(function* () {
  const limiter = createRateLimiter({ limit: 3, windowMs: 500, maxKeys: 10_000 });
  yield* letIn(limiter);
  limiter.block("bob", 60_000);
  const { blocked, retryAfterMs } = limiter.status("bob");
  console.log(`bob: ${blocked ? "blocked" : "welcome"}, for ${Math.ceil(retryAfterMs / 1_000)} s`);
});
// #endregion
