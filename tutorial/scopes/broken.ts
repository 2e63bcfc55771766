// #region broken
import { main, type Operation, type Scope, scoped, sleep, useScope } from "effection";

function* tick(): Operation<void> {
  for (let i = 1; i <= 3; i += 1) {
    console.log(`tick ${i} in a scope that has ended`);
    yield* sleep(10);
  }
}

await main(function* () {
  let captured: Scope | undefined;
  yield* scoped(function* () {
    captured = yield* useScope();
  });
  console.log("the scope has ended");
  yield* captured?.run(tick) ?? sleep(0);
});
// #endregion
