import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** Opens a shop, and closes it again when it cannot be prepared. */
export async function openShop(prepare: (server: Server) => Promise<void>): Promise<Server> {
  const server = createServer((_request, response) => response.end("hello from the shop"));
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    await prepare(server);
    return server;
  } catch (error) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    throw error;
  }
}
