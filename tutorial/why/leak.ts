// #region open-shop
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask } from "../ask.ts";
import { loadCatalogue } from "./catalogue.ts";

let port = 0;

async function openShop(): Promise<void> {
  const server = createServer((_request, response) => response.end("hello from the shop"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = (server.address() as AddressInfo).port;
  console.log(`the shop listens on port ${port}`);
  await loadCatalogue("broken");
}
// #endregion

// #region caller
try {
  await openShop();
} catch (error) {
  console.log(`openShop() failed: ${(error as Error).message}`);
}
console.log(`port ${port} still answers: ${await ask(port)}`);
console.log("nobody can close it any more; we end the whole process");
process.exit(0);
// #endregion
