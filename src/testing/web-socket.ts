import type { RunningSwitchboard } from "../start.ts";
import { openSocket } from "./open-socket.ts";
import type { TestWebSocket, WebSocketOptions } from "./test-web-socket.ts";

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
