import type { MessageEvent, WebSocket } from "undici";
import { toError } from "../base/errors.ts";
import { count } from "../base/listing.ts";
import { noop } from "../base/operations.ts";
import { checkKnownOptions, durationOption } from "../base/options.ts";
import type { RunningSwitchboard } from "../start.ts";
import { type Handshake, keepHandshake } from "./handshake.ts";
import { errorsAtCaller } from "./stack.ts";
import { Supply, WAIT_MS, type WaitOptions } from "./supply.ts";
import type { SocketClose, TestWebSocket, WebSocketOptions } from "./test-web-socket.ts";
import { clearTimeout, setTimeout } from "./timers.ts";

/** Which WebSocket to open, for whom. */
interface Wanted {
  board: Pick<RunningSwitchboard, "url" | "dispatcher">;
  hostname: string;
  path: string | undefined;
  options: WebSocketOptions | undefined;
  /** The function whose caller wants it: errors point there. */
  asked: (...args: never[]) => unknown;
}

/** Opens a {@link TestWebSocket}. */
export async function openSocket({ board, hostname, path = "/", options = {}, asked }: Wanted): Promise<TestWebSocket> {
  const errorAt = errorsAtCaller(asked);
  checkKnownOptions("openWebSocket", options, ["timeoutMs", "protocols", "headers"]);
  const { protocols = [], headers = {} } = options;
  const timeoutMs = durationOption("timeoutMs", options.timeoutMs ?? WAIT_MS);
  const url = board.url(hostname, path).replace("http:", "ws:");
  const { WebSocket } = await import("undici");
  const handshake: Handshake = { connection: undefined, status: 0, body: "" };
  const dispatcher = (await board.dispatcher()).compose(keepHandshake(handshake));
  const socket = new WebSocket(url, { protocols, headers, dispatcher });
  socket.binaryType = "arraybuffer";
  const inbox = new Supply<{ data: string | Uint8Array }>();
  let received = 0;
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    received += 1;
    inbox.add({ data: typeof data === "string" ? data : new Uint8Array(data) });
  });
  const closed = new Promise<SocketClose>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      inbox.end(`${url} has closed with ${code}${reason && ` (${reason})`}; ${count(received, "message")} came before`);
      resolve({ code, reason });
    });
  });
  await opened(socket, timeoutMs, handshake, errorAt);
  const next = (options: WaitOptions = {}) => {
    checkKnownOptions("socket.next", options, ["timeoutMs"]);
    const { timeoutMs = WAIT_MS } = options;
    const describe = () =>
      `no message from ${url} within ${timeoutMs} ms, ${received} came before; wait longer with { timeoutMs }`;
    const message = inbox.next({ fits: () => true, timeoutMs, describe, asked: next }).then(({ data }) => data);
    message.catch(noop); // as the wait itself: a test that ends before it has failed already
    return message;
  };
  return {
    url,
    protocol: socket.protocol,
    send: (data) => socket.send(data),
    next,
    close(code, reason) {
      socket.close(code, reason);
      return closed;
    },
    destroy: () => handshake.connection?.destroy(),
    closed,
  };
}

function opened(
  socket: WebSocket,
  timeoutMs: number,
  handshake: Handshake,
  errorAt: (message: string) => Error,
): Promise<void> {
  const { url } = socket;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(errorAt(`${url} was neither opened nor refused within ${timeoutMs} ms; wait longer with { timeoutMs }`));
      socket.close(); // gives the request up, which is an error event at once
    }, timeoutMs);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.addEventListener("error", ({ error }) => {
      clearTimeout(timer);
      const { connection, status, body } = handshake;
      connection?.destroy(); // upgraded, but not as a WebSocket has to be
      const why = status === 0 ? `: ${whyFailed(error)}` : ` with ${status} ${body}`.trimEnd();
      reject(errorAt(`${url} was refused${why}`));
    });
  });
}

function whyFailed(error: unknown): string {
  const { cause, message } = toError(error);
  return cause instanceof Error ? cause.message : message;
}
