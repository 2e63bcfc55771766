import type { RequestListener, Server } from "node:http";
import { ensure, type Operation, resource } from "effection";

/** Tells of each request of `server` when its response has closed: `GET shop.localhost/cart 200`, or `cut` for the status. */
export function useRequestLog(server: Server, log: (line: string) => void): Operation<void> {
  return resource(function* (provide) {
    const onRequest: RequestListener = (request, response) => {
      const { method, headers, url } = request;
      response.on("close", () => {
        log(`${method} ${headers.host}${url} ${response.writableFinished ? response.statusCode : "cut"}`);
      });
    };
    server.prependListener("request", onRequest);
    yield* ensure(() => void server.off("request", onRequest));
    yield* provide();
  });
}
