// #region open-shop
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "../ask.ts";
import { loadCatalogue } from "./catalogue.ts";

let port = 0;

async function openShop(): Promise<void> {
  await loadCatalogue("large");
  const server = createServer((_request, response) => response.end("hello from the shop"));
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    port = (server.address() as AddressInfo).port;
  } catch (error) {
    server.close();
    throw error;
  }
}

async function deadline(ms: number): Promise<never> {
  await delay(ms);
  throw new Error(`not open within ${ms} ms`);
}
// #endregion

// #region caller
const opening = openShop();
try {
  await Promise.race([opening, deadline(50)]);
} catch (error) {
  console.log(`we give up: ${(error as Error).message}`);
}
await opening;
console.log(`a moment later port ${port} answers: ${await ask(port)}`);
process.exit(0);
// #endregion
