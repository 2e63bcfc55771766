// #region main
import { run, until } from "effection";
import { expectNoLeaks } from "effection-switchboard/testing";
import { ask } from "../ask.ts";
import { usePool } from "../pool/pool.ts";

await expectNoLeaks(async () => {
  await run(function* () {
    const pool = yield* usePool({
      *app({ hostname }) {
        return (_request, response) => response.end(`hello from ${hostname}`);
      },
    });
    const { port } = yield* until(pool.getOrCreate("shop"));
    console.log(yield* until(ask(port)));
  });
});
console.log("nothing is left");
// #endregion
