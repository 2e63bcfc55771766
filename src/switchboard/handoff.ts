import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** How Node announces a request (Node docs, `http.Server` events). */
export type RequestEvent = "request" | "checkContinue" | "checkExpectation";

/**
 * Gives a request to a server of this process as Node itself would: by the event that Node would emit, with
 * Node's own behaviour where the app does not listen for it.
 */
export function handoff(server: Server, event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
  if (event === "request" || server.listenerCount(event) > 0) {
    server.emit(event, request, response);
  } else if (event === "checkContinue") {
    response.writeContinue();
    server.emit("request", request, response);
  } else {
    response.writeHead(417).end();
  }
}
