// #region cleanup
import { ensure, main, type Operation, sleep, spawn, suspend } from "effection";

function* cleanUp(name: string): Operation<void> {
  yield* sleep(10);
  console.log(`${name}: cleaned up`);
}
// #endregion

// #region finally
function* useFinally(): Operation<void> {
  try {
    yield* suspend();
  } finally {
    yield* cleanUp("finally");
  }
}
// #endregion

// #region ensure
function* useEnsure(): Operation<void> {
  yield* ensure(() => cleanUp("ensure"));
  yield* suspend();
}
// #endregion

// #region main
await main(function* () {
  for (const [name, operation] of Object.entries({ finally: useFinally, ensure: useEnsure })) {
    const task = yield* spawn(function* () {
      yield* operation();
      console.log(`${name}: this line must never be reached`);
    });
    yield* sleep(0);
    yield* task.halt();
  }
});
// #endregion
