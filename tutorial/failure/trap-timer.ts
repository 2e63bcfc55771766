// #region trap
import { ensure, main, sleep } from "effection";

await main(function* () {
  yield* ensure(() => console.log("the cleanup"));
  setTimeout(() => {
    throw new Error("nobody can catch this");
  }, 10);
  yield* sleep(1_000);
});
// #endregion
