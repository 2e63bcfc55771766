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
