import type { RunningSwitchboard } from "../start.ts";
import { openSocket } from "./open-socket.ts";
import type { WaitOptions } from "./supply.ts";

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
export function openWebSocket(
  board: Pick<RunningSwitchboard, "url" | "dispatcher">,
  hostname: string,
  path?: string,
  options?: WebSocketOptions,
): Promise<TestWebSocket> {
  return openSocket({ board, hostname, path, options, asked: openWebSocket });
}
