// #region use-proxy
import { Agent, ServerResponse } from "node:http";
import { ensure, type Operation, resource } from "effection";
import { createProxyServer } from "http-proxy";
import type { Pool } from "../pool/types.ts";
import { type Listening, useServer } from "../resources/server.ts";
import { route } from "./route.ts";

/** A front door that sends each request on, over a connection to the port of its server. */
export function useProxy(pool: Pool, port = 0): Operation<Listening> {
  return resource(function* (provide) {
    const agent = new Agent({ keepAlive: true });
    yield* ensure(() => agent.destroy());
    const proxy = createProxyServer({ agent });
    proxy.on("error", (_error, _request, target) => {
      if (target instanceof ServerResponse && !target.headersSent) target.writeHead(502).end("no answer\n");
      else target.destroy();
    });
    proxy.on("proxyRes", (answer, _request, response) => {
      answer.on("error", () => response.destroy()); // it broke off in the middle
    });

    const front = yield* useServer((request, response) => {
      route(
        pool,
        request,
        (info) => proxy.web(request, response, { target: `http://127.0.0.1:${info.port}` }),
        (status, reason) => response.writeHead(status).end(`${reason}\n`),
      );
    }, port);
    front.server.on("upgrade", (_request, socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n", () => socket.destroy());
    });
    yield* provide(front);
  });
}
// #endregion
