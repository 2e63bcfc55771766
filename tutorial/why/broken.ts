// #region broken
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { main, type Operation, scoped, until } from "effection";
import { ask } from "../ask.ts";

function* openShop(): Operation<number> {
  const server = createServer((_request, response) => response.end("hello from the shop"));
  yield* until(once(server.listen(0, "127.0.0.1"), "listening"));
  return (server.address() as AddressInfo).port;
}

await main(function* () {
  const port = yield* scoped(openShop);
  console.log(`openShop() is over, and port ${port} answers: ${yield* until(ask(port))}`);
});
// #endregion
