// #region mail
import { type Operation, race, sleep } from "effection";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { post, useGateway } from "./gateway.ts";

/** Sends messages while the gateway is well, broken, silent, and well again. */
export function* sendMail(breaker: CircuitBreaker): Operation<void> {
  const gateway = yield* useGateway();
  const send = (text: string) => breaker.execute(() => post(`${gateway.url}/mail`, text));

  yield* report(send("good morning"));
  gateway.set("/mail", "broken");
  for (let i = 0; i < 5; i += 1) yield* report(send("hello?"));
  console.log(`the circuit is ${breaker.state}, the gateway was asked ${gateway.seen.length} times`);

  gateway.set("/mail", "silent");
  yield* sleep(600);
  console.log(`after a while it is ${breaker.state}`);
  yield* race([send("are you there?"), sleep(20)]);
  console.log(`nobody waited for the answer, and it is ${breaker.state}`);

  gateway.set("/mail", "well");
  yield* report(send("good evening"));
  console.log(`the circuit is ${breaker.state}`);
}

function* report(sending: Operation<void>): Operation<void> {
  try {
    yield* sending;
    console.log("  sent");
  } catch (error) {
    console.log(`  ${(error as Error).message}`);
  }
}
// #endregion
