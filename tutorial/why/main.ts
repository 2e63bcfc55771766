// #region open-shop
import { main, type Operation, race, scoped, sleep, until } from "effection";
import { ask } from "../ask.ts";
import { useServer } from "../resources/server.ts";
import { loadCatalogue } from "./catalogue.ts";

let port = 0;

function* openShop(which: "broken" | "large"): Operation<void> {
  const shop = yield* useServer((_request, response) => response.end("hello from the shop"));
  port = shop.port;
  console.log(`the shop listens on port ${port}`);
  yield* until(loadCatalogue(which));
}
// #endregion

// #region main
await main(function* () {
  try {
    yield* scoped(() => openShop("broken"));
  } catch (error) {
    console.log(`openShop() failed: ${(error as Error).message}`);
  }
  console.log(`port ${port}: ${yield* until(ask(port))}`);

  yield* race([openShop("large"), sleep(50)]);
  console.log("we gave up after 50 ms");
  console.log(`port ${port}: ${yield* until(ask(port))}`);
});
// #endregion
