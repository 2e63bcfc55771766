// #region worker
import { main, type Operation, sleep, spawn, suspend } from "effection";

function* work(name: string): Operation<void> {
  try {
    console.log(`${name}: here`);
    yield* suspend();
  } finally {
    console.log(`${name}: gone`);
  }
}
// #endregion

// #region main
await main(function* () {
  const cook = yield* spawn(() => work("cook"));
  yield* spawn(() => work("waiter"));
  yield* spawn(() => work("cashier"));
  yield* sleep(0); // children start when their parent waits for something

  console.log("main: sends the cook home");
  yield* cook.halt();
  console.log("main: closes the restaurant");
});
// #endregion
