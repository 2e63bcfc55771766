// #region main
import { main } from "effection";
import { takeOrders } from "./orders.ts";
import { createPipeline } from "./pipeline.ts";

await main(function* () {
  yield* takeOrders(createPipeline<string>());
});
// #endregion
