// #region broken
import { main, sleep } from "effection";

await main(function* () {
  const start = performance.now();
  sleep(60_000);
  const seconds = Math.round((performance.now() - start) / 1_000);
  console.log(`slept for ${seconds} s instead of 60`);
});
// #endregion
