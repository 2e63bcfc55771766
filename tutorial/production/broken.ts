// #region broken
import { createSwitchboard } from "effection-switchboard";

await using board = await createSwitchboard({
  basePort: 0,
  app:
    ({ hostname }) =>
    (_request, response) => {
      const until = performance.now() + (hostname === "busy" ? 500 : 0);
      while (performance.now() < until);
      response.end(`hello from ${hostname}`);
    },
});

await Promise.all([board.fetch("shop"), board.fetch("busy")]); // both are started
const start = performance.now();
const busy = board.fetch("busy").then(() => "busy");
const shop = board.fetch("shop").then(() => "shop");
await Promise.all([busy, shop]);
console.log(`shop, which has nothing to do, answered after ${Math.round(performance.now() - start)} ms`);
// #endregion
