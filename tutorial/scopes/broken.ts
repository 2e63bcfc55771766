// #region broken
import { main, type Operation, type Scope, scoped, sleep, useScope } from "effection";

function* tick(): Operation<void> {
  for (let i = 1; i <= 3; i += 1) {
    console.log(`tick ${i}`);
    yield* sleep(10);
  }
}

await main(function* () {
  let captured: Scope | undefined;
  yield* scoped(function* () {
    captured = yield* useScope();
  });
  console.log("the captured scope has ended");
  yield* scoped(function* () {
    captured?.run(tick);
  });
  console.log("the scope that started the ticks has ended, too");
  yield* sleep(200);
});
// #endregion
