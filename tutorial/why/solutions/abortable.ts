import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Opens a shop, unless `signal` is aborted. Each `await` has to be given it, or be followed by a look at it: four lines know of it. */
export async function openShop(signal: AbortSignal): Promise<Server> {
  await delay(200, undefined, { signal });
  const server = createServer((_request, response) => response.end("hello from the shop"));
  try {
    await once(server.listen(0, "127.0.0.1"), "listening", { signal });
    signal.throwIfAborted();
    return server;
  } catch (error) {
    server.on("listening", () => server.close()); // older versions of Node bind all the same
    server.close();
    throw error;
  }
}
