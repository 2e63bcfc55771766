// #region clock
import { main, type Operation, sleep, spawn } from "effection";

function* tick(): Operation<void> {
  for (let i = 1; ; i += 1) {
    console.log(`tick ${i}`);
    yield* sleep(1_000);
  }
}

await main(function* () {
  const ticking = yield* spawn(tick);
  try {
    yield* ticking;
  } finally {
    console.log("the clock stops");
  }
});
// #endregion
