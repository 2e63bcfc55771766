// #region main
import { main } from "effection";
import { cookDishes } from "./dishes.ts";
import { useWorkerPool } from "./worker-pool.ts";

await main(function* () {
  yield* cookDishes(yield* useWorkerPool({ workers: 2 }));
});
// #endregion
