import type { MessageEvent, WebSocket } from "undici";
import { toError } from "../base/errors.ts";
import type { RunningSwitchboard } from "../start.ts";
import { type Handshake, keepHandshake } from "./handshake.ts";
import { Supply, WAIT_MS, type WaitOptions } from "./supply.ts";

/**
 * How a WebSocket ended.
 *
 * **Lifetime.** Made when it has; it does not change.
 *
 * **Failure.** None: plain data. A connection that was lost is code 1006.
 */
export interface SocketClose {
  /** The close code of RFC 6455, section 7.4. */
  code: number;
  /** What the side that closed it said about it, or `""`. */
  reason: string;
}

/**
 * Options of {@link openWebSocket}, and how long it may take to open.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** What is no subprotocol or field rejects the call.
 */
export interface WebSocketOptions extends WaitOptions {
  /** Subprotocols to offer. @default none */
  protocols?: string[] | undefined;
  /** Fields for the upgrade request. @default none */
  headers?: Record<string, string> | undefined;
}

/**
 * An open WebSocket whose messages are awaited one by one.
 *
 * **Lifetime.** Open until `close`, `destroy`, or the end of its switchboard. Messages wait until they are asked for.
 *
 * **Failure.** `next` rejects when no message comes in time, and when the socket has closed.
 */
export interface TestWebSocket {
  /** Where it was opened: `ws://shop.localhost:43121/chat`. */
  readonly url: string;
  /** The subprotocol that the server chose, or `""`. */
  readonly protocol: string;
  /** Sends a message: text as text, bytes as bytes. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** The next message that no earlier `next` has given, text as text. Rejects after `timeoutMs`, or when the socket has closed. */
  next(options?: WaitOptions): Promise<string | Uint8Array>;
  /** Says goodbye; resolves when the socket has closed. */
  close(code?: number, reason?: string): Promise<SocketClose>;
  /** Cuts the connection, as a client does that is gone. */
  destroy(): void;
  /** Resolves when the socket has closed, whoever closed it. */
  readonly closed: Promise<SocketClose>;
}

/** As they are when this module is loaded: a deadline must come also in a test with fake timers. */
const { setTimeout, clearTimeout } = globalThis;

/**
 * Opens a WebSocket to a hostname.
 *
 * **Lifetime.** Resolves when it is open; the caller closes it, or the switchboard does when it closes.
 *
 * **Failure.** Rejects with the URL, the status and the reason when the upgrade is refused, and after `timeoutMs`.
 *
 * ```ts
 * const socket = await openWebSocket(board, "shop", "/chat");
 * socket.send("hello");
 * expect(await socket.next()).toBe("hello");
 * ```
 */
export async function openWebSocket(
  board: Pick<RunningSwitchboard, "url" | "dispatcher">,
  hostname: string,
  path = "/",
  { timeoutMs = WAIT_MS, protocols = [], headers = {} }: WebSocketOptions = {},
): Promise<TestWebSocket> {
  const { WebSocket } = await import("undici");
  const url = board.url(hostname, path).replace("http:", "ws:");
  const handshake: Handshake = { connection: undefined, status: 0, body: "" };
  const dispatcher = (await board.dispatcher()).compose(keepHandshake(handshake));
  const socket = new WebSocket(url, { protocols, headers, dispatcher });
  socket.binaryType = "arraybuffer";
  const inbox = new Supply<{ data: string | Uint8Array }>();
  let count = 0;
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    count += 1;
    inbox.add({ data: typeof data === "string" ? data : new Uint8Array(data) });
  });
  const closed = new Promise<SocketClose>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      const how = `closed with ${code}${reason && ` (${reason})`}`;
      inbox.end(new Error(`${url} has ${how}; ${count} messages came before`));
      resolve({ code, reason });
    });
  });
  await opened(socket, timeoutMs, handshake);
  const next = async ({ timeoutMs = WAIT_MS }: WaitOptions = {}) => {
    const describe = () =>
      `no message from ${url} within ${timeoutMs} ms, ${count} came before; wait longer with { timeoutMs }`;
    return (await inbox.next({ fits: () => true, timeoutMs, describe, asked: next })).data;
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

function opened(socket: WebSocket, timeoutMs: number, handshake: Handshake): Promise<void> {
  const { url } = socket;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close(); // gives the request up
      reject(new Error(`${url} was neither opened nor refused within ${timeoutMs} ms; wait longer with { timeoutMs }`));
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
      reject(new Error(`${url} was refused${why}`));
    });
  });
}

function whyFailed(error: unknown): string {
  const { cause, message } = toError(error);
  return cause instanceof Error ? cause.message : message;
}
