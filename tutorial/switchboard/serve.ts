// #region serve
import { main, suspend } from "effection";
import { usePool } from "../pool/pool.ts";
import { app } from "./app.ts";
import { useSwitchboard } from "./switchboard.ts";

await main(function* () {
  const pool = yield* usePool({ app, onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`) });
  const { port } = yield* useSwitchboard(pool, Number(process.env.PORT ?? 8000));
  console.log(`http://hello.localhost:${port}`);
  yield* suspend();
});
// #endregion
