// #region trap
import { main, sleep, spawn, suspend } from "effection";

await main(function* () {
  const task = yield* spawn(function* () {
    try {
      yield* suspend();
    } finally {
      console.log("task: halted");
    }
  });
  yield* sleep(0);

  void task.halt();
  yield* sleep(50);
  console.log("main: 50 ms after task.halt()");

  yield* task.halt();
  console.log("main: after yield* task.halt()");
});
// #endregion
