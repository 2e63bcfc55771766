// #region use-switchboard
import { STATUS_CODES } from "node:http";
import { type Operation, resource } from "effection";
import type { Pool } from "../pool/types.ts";
import { type Listening, useServer } from "../resources/server.ts";
import { route } from "./route.ts";

/** A front door that hands each request to its server, as if it had arrived there. */
export function useSwitchboard(pool: Pool, port = 0): Operation<Listening> {
  return resource(function* (provide) {
    const front = yield* useServer((request, response) => {
      route(
        pool,
        request,
        ({ server }) => server.emit("request", request, response),
        (status, reason) => response.writeHead(status).end(`${reason}\n`),
      );
    }, port);
    // #endregion

    // #region upgrade
    front.server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => {}); // the client may leave before anybody else listens
      const refuse = (status: number, reason: string) => {
        const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
        socket.end(`${head}${reason}\n`, () => socket.destroy());
      };
      route(
        pool,
        request,
        ({ server }) => {
          if (!server.emit("upgrade", request, socket, head)) refuse(501, "this app takes no upgrades");
        },
        refuse,
      );
    });
    yield* provide(front);
  });
}
// #endregion
