// #region broken
import { main, scoped, until } from "effection";
import { usePool } from "./pool.ts";

await main(function* () {
  try {
    yield* scoped(function* () {
      const pool = yield* usePool({
        *app({ hostname }) {
          if (hostname === "bad") throw new Error(`there is no database for "${hostname}"`);
          return (_request, response) => response.end(`hello from ${hostname}`);
        },
        onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`),
      });
      yield* until(pool.getOrCreate("shop"));
      yield* until(pool.getOrCreate("bad"));
    });
  } catch (error) {
    console.log(`the pool is gone: ${(error as Error).message}`);
  }
});
// #endregion
