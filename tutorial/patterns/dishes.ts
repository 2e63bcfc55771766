// #region dishes
import { ensure, type Operation, sleep, suspend, until } from "effection";
import type { Job, WorkerPool } from "./worker-pool.ts";

function* cook(dish: string): Operation<string> {
  console.log(`  ${dish}: begun`);
  yield* ensure(() => console.log(`  ${dish}: the pan is clean`));
  if (dish === "stew") yield* suspend();
  yield* sleep(dish === "soup" ? 400 : 10);
  if (dish === "fish") throw new Error("it is burnt");
  return `${dish} is served`;
}

/** Five dishes for a few cooks; the pool is from wherever you like. */
export function* cookDishes(pool: WorkerPool): Operation<void> {
  const soup = pool.submit(() => cook("soup"));
  const fish = pool.submit(() => cook("fish"));
  const cake = pool.submit(() => cook("cake"));
  const rice = pool.submit(() => cook("rice"));
  yield* until(cake.halt());
  for (const dish of [soup, fish, cake, rice]) console.log(yield* outcomeOf(dish));

  const stew = pool.submit(() => cook("stew"));
  yield* sleep(10);
  yield* until(stew.halt());
  console.log(yield* outcomeOf(stew));
  pool.submit(() => cook("stew"));
  yield* sleep(10);
  console.log("the kitchen closes");
}

function* outcomeOf(dish: Job<string>): Operation<string> {
  try {
    return yield* until(dish);
  } catch (error) {
    return `sorry: ${(error as Error).message}`;
  }
}
// #endregion
