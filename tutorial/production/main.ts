// #region app
import { createSwitchboard } from "effection-switchboard";
import type { AppFactory } from "../pool/types.ts";
import { app } from "../switchboard/app.ts";

/** The app of the small switchboard, and a name for which it cannot start. */
const mostly: AppFactory = function* (context) {
  if (context.hostname === "bad") throw new Error("there is no database");
  return yield* app(context);
};
// #endregion

// #region main
const board = await createSwitchboard({
  app: mostly,
  basePort: 0,
  onEvent: (event) => console.log(`  ${event.type} ${"hostname" in event ? event.hostname : ""}`.trimEnd()),
});

const hello = await board.fetch("shop");
console.log(`shop: ${hello.status} ${(await hello.text()).trim()}`);

const bad = await board.fetch("bad");
const { code, detail } = (await bad.json()) as { code: string; detail: string };
console.log(`bad: ${bad.status} ${code}, ${detail}`);
console.log(`Retry-After: ${bad.headers.get("retry-after")} s`);

const odd = await board.fetch("an_odd.name", "/nothing");
console.log(`an_odd.name: ${odd.status}`);

await board.pool.shutdown("shop");
const report = await board.close();
console.log(`${report.serversStopped} server stopped at the end, ${report.requestsCut} requests cut`);
// #endregion
