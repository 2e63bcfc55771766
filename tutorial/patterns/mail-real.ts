// #region main
import { main } from "effection";
import { createCircuitBreaker } from "effection-switchboard/resilience";
import { sendMail } from "./mail.ts";

await main(function* () {
  const breaker = createCircuitBreaker({
    name: "mail",
    failureThreshold: 3,
    recoveryMs: 500,
    successThreshold: 1,
    onEvent: ({ type, name }) => console.log(`  (the circuit "${name}" has ${type})`),
  });
  yield* sendMail(breaker);
});
// #endregion
