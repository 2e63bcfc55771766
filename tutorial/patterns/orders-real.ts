// #region main
import { main } from "effection";
import { createPipeline } from "effection-switchboard/resilience";
import { takeOrders } from "./orders.ts";

await main(function* () {
  const traced = createPipeline<string>().tap(({ type, stage, run }) => {
    if (type === "failed" || type === "halted") console.log(`  order ${run}: ${type} at ${stage}`);
  });
  yield* takeOrders(traced);
});
// #endregion
