// #region use-server
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ensure, type Operation, resource, until } from "effection";

export interface Listening {
  server: Server;
  port: number;
}

/** A server on 127.0.0.1 that is closed, with all its connections, when its owner ends. */
export function useServer(app?: RequestListener, wantedPort = 0): Operation<Listening> {
  return resource(function* (provide) {
    const server = createServer(app);
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });

    const bound = once(server.listen(wantedPort, "127.0.0.1"), "listening");
    yield* ensure(() => close(server, sockets, bound));
    yield* until(bound);

    const { port } = server.address() as AddressInfo;
    yield* provide({ server, port });
  });
}
// #endregion

// #region close
function* close(server: Server, sockets: Set<Socket>, bound: Promise<unknown>): Operation<void> {
  yield* until(bound.catch(() => {})); // a bind that has begun: wait for it, then close
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of sockets) socket.destroy();
  yield* until(closed);
}
// #endregion
