// #region main
import { main } from "effection";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { sendMail } from "./mail.ts";

await main(function* () {
  yield* sendMail(createCircuitBreaker({ failureThreshold: 3, recoveryMs: 500 }));
});
// #endregion
