import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Opens a shop, unless `signal` is aborted. It has to be passed on, or looked at, after every single `await`. */
export async function openShop(signal: AbortSignal): Promise<Server> {
  await delay(200, undefined, { signal });
  const server = createServer((_request, response) => response.end("hello from the shop"));
  try {
    await once(server.listen(0, "127.0.0.1"), "listening", { signal });
    signal.throwIfAborted();
    return server;
  } catch (error) {
    server.on("listening", () => server.close()); // a bind that has begun cannot be called back
    server.close();
    throw error;
  }
}
