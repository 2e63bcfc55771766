// #region load
import autocannon from "autocannon";
import { main, type Operation, until } from "effection";
import { usePool } from "../pool/pool.ts";
import { app } from "./app.ts";
import { useProxy } from "./proxy.ts";
import { useSwitchboard } from "./switchboard.ts";

/** Requests per second, asked for by a thread of its own. */
function* measure(port: number): Operation<number> {
  const load = { url: `http://127.0.0.1:${port}`, headers: { host: "shop.localhost" }, connections: 20, duration: 1 };
  const { requests, duration } = yield* until(autocannon({ ...load, workers: 1 }));
  return requests.total / duration;
}
// #endregion

// #region main
await main(function* () {
  const pool = yield* usePool({ app });
  const { port: direct } = yield* until(pool.getOrCreate("shop"));
  const { port: proxy } = yield* useProxy(pool);
  const { port: handoff } = yield* useSwitchboard(pool);

  yield* measure(direct); // the first second warms up
  const atOnce = yield* measure(direct);
  for (const [name, port] of Object.entries({ direct, proxy, handoff })) {
    const rate = port === direct ? atOnce : yield* measure(port);
    console.log(`${name.padEnd(8)} ${Math.round(rate)} requests/s, ${(rate / atOnce).toFixed(2)} of direct`);
  }
});
// #endregion
