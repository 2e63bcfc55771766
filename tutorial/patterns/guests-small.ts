// #region main
import { main } from "effection";
import { letIn } from "./guests.ts";
import { createRateLimiter } from "./rate-limiter.ts";

await main(function* () {
  yield* letIn(createRateLimiter({ limit: 3, windowMs: 500 }));
});
// #endregion
