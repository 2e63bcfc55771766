// #region subscriber
import { each, main, spawn, until } from "effection";
import { usePool } from "./pool.ts";

await main(function* () {
  const pool = yield* usePool({
    *app() {
      return (_request, response) => response.end();
    },
    onEvent: ({ type, hostname }) => console.log(`listener:   ${type} ${hostname}`),
  });
  yield* spawn(function* () {
    for (const { type, hostname } of yield* each(pool.events)) {
      console.log(`subscriber: ${type} ${hostname}`);
      yield* each.next();
    }
  });
  yield* until(pool.getOrCreate("shop"));
  yield* until(pool.shutdown("shop"));
  yield* until(pool.getOrCreate("blog"));
  console.log("main: the end");
});
// #endregion
