// #region promises
import { main, run, sleep, until } from "effection";

function* double(value: number) {
  yield* sleep(10);
  return value * 2;
}

const four = await run(() => double(2)); // from promises into operations: a task is a promise, too
console.log(`run() gave ${four}`);

await main(function* () {
  const text = yield* until(Promise.resolve("a promise")); // from operations to promises
  console.log(`until() waited for ${text}`);
});
// #endregion
