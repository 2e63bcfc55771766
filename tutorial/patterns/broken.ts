// #region broken
import { main, type Operation } from "effection";
import { withDeadline } from "../operations/solutions/deadline.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { post, useGateway } from "./gateway.ts";

function* tolerate(operation: Operation<void>): Operation<void> {
  try {
    yield* operation;
  } catch {} // the deadline
}

await main(function* () {
  const gateway = yield* useGateway();
  gateway.set("/mail", "silent");
  const send = () => post(`${gateway.url}/mail`, "hello");
  const one = createCircuitBreaker({ failureThreshold: 3, recoveryMs: 10_000 });
  const other = createCircuitBreaker({ failureThreshold: 3, recoveryMs: 10_000 });

  for (let i = 0; i < 10; i += 1) {
    yield* tolerate(one.execute(() => withDeadline(10, send)));
    yield* tolerate(withDeadline(10, () => other.execute(send)));
  }
  console.log(`the deadline is inside of the circuit: ${one.state}`);
  console.log(`the deadline is outside of the circuit: ${other.state}`);
});
// #endregion
