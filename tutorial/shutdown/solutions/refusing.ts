import type { Server } from "node:http";
import { ensure, type Operation, resource } from "effection";
import { type DrainReport, useDrain } from "../drain.ts";

/** A drain that answers 503 to whatever still comes in, instead of having it delivered, and takes no WebSockets. */
export function useRefusingDrain(
  server: Server,
  graceMs: number,
  onReport: (report: DrainReport) => void,
): Operation<void> {
  return resource(function* (provide) {
    yield* useDrain(server, graceMs, onReport);
    yield* ensure(() => {
      // Registered after the drain, so that it runs before it.
      server.removeAllListeners("request");
      server.on("request", (_request, response) => {
        response.writeHead(503, { connection: "close" }).end("this server is shutting down\n");
      });
      server.removeAllListeners("upgrade");
      server.on("upgrade", (_request, socket) => {
        socket.on("error", () => {});
        socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n", () => socket.destroy());
      });
    });
    yield* provide();
  });
}
