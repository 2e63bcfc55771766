import * as http from "node:http";
import { type Operation, until, useAbortSignal } from "effection";

/** A request, and how long its answer may take. */
export interface Question {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** What may pass until the head of the answer, and between two parts of its body. */
  limitMs: number;
}

const CONNECT_MS = 3_000;

/**
 * Asks on a connection of its own, and returns when the head of the answer is there.
 *
 * Node's own client: undici would take longer to load than all that a command does.
 *
 * **Lifetime.** The connection ends with the body, or with the caller. **Failure.** Throws what the connection did; a limit is
 * an error whose message says which.
 */
export function* exchange({ url, method, headers, body, limitMs }: Question): Operation<http.IncomingMessage> {
  const { request: send } = url.protocol === "https:" ? yield* until(import("node:https")) : http;
  const signal = yield* useAbortSignal();
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return yield* until(
    new Promise((resolve, reject) => {
      const options = { method, headers: { ...headers, ...length }, signal, agent: false, timeout: CONNECT_MS };
      const request = send(url, options);
      let late = "it cannot be connected to in time";
      request.on("socket", (socket) => {
        socket.on("connect", () => {
          late = "it does not answer in time";
          request.setTimeout(limitMs);
        });
      });
      request.on("response", (response) => {
        request.on("timeout", () => response.destroy(new Error("it says nothing any more")));
        resolve(response);
      });
      request.on("timeout", () => request.destroy(new Error(late)));
      request.on("error", reject);
      request.end(body);
    }),
  );
}
