// #region orders
import { ensure, type Operation, race, sleep, spawn, suspend } from "effection";
import type { Pipeline, StageError } from "./pipeline.ts";

const PRICES = new Map([
  ["soup", 4],
  ["cake", 3],
  ["fish", 12],
]);

interface Order {
  count: number;
  dish: string;
}

function* read(text: string): Operation<Order> {
  const [, count = "", dish = ""] = /^(\d+) (\w+)$/.exec(text) ?? [];
  if (dish === "") throw new Error(`"${text}" is no order`);
  return { count: Number(count), dish };
}

function* price({ count, dish }: Order): Operation<Order & { sum: number }> {
  const each = PRICES.get(dish);
  if (each === undefined) throw new Error(`there is no ${dish}`);
  return { count, dish, sum: count * each };
}

function* cook({ count, dish, sum }: Order & { sum: number }): Operation<string> {
  yield* ensure(() => console.log("  cook: the oven is off"));
  yield* spawn(() => watchOven(dish));
  if (dish === "cake") yield* suspend();
  yield* sleep(10);
  return `${count} ${dish}, that will be ${sum}`;
}

function* watchOven(dish: string): Operation<void> {
  if (dish === "fish") throw new Error("the oven is on fire");
}
// #endregion

// #region take-orders
/** Gives a pipeline its stages, and takes five orders. */
export function* takeOrders(empty: Pipeline<string, string>): Operation<void> {
  const orders = empty.stage("read", read).stage("price", price).stage("cook", cook);

  for (const text of ["2 soup", "soup, please", "1 stew", "1 fish"]) {
    try {
      console.log(yield* orders.run(text));
    } catch (error) {
      const { stage, cause } = error as StageError;
      console.log(`at "${stage}": ${(cause as Error).message}`);
    }
  }
  yield* race([orders.run("1 cake"), sleep(20)]);
  console.log("nobody waits for the cake any more");
}
// #endregion
