// #region main
import { main } from "effection";
import { useWorkerPool } from "effection-switchboard/resilience";
import { cookDishes } from "./dishes.ts";

await main(function* () {
  const pool = yield* useWorkerPool({ workers: 2, queue: { max: 100 } });
  yield* cookDishes(pool);
  const { finished, halted } = yield* pool.drain(50);
  console.log(`of the last dishes ${finished} were finished, ${halted} halted`);
});
// #endregion
