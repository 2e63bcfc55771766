import type { Future } from "effection";
import type { LogRing } from "./log-ring.ts";

/**
 * A server outside this event loop: a child process, or a worker thread. Requests are forwarded to its address.
 *
 * **Lifetime.** That of the resource that made it: it listens when it is provided, and is gone with its owner.
 *
 * **Failure.** A crash rejects `ended`, and nothing else: whoever owns it decides what follows.
 */
export interface OutsideServer {
  /** Where it listens, on the loopback interface: `127.0.0.1` or `::1`. */
  readonly address: { readonly host: string; readonly port: number };
  /** Its last output. */
  readonly log: LogRing;
  /** Rejects with `SERVER_CLOSED` when it has ended by itself; the message says why. Pending as long as it runs, and when it is stopped. */
  readonly ended: Future<never>;
  /** The process that was started; a thread has none of its own. */
  readonly pid?: number;
}

/** Where a server may listen that was told a port, in the order in which they are tried: many dev servers take `::1` only. */
export const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

/** How many lines of its output the message about a failed server has. */
const SHOWN_LINES = 20;

/** What a server said last, as the end of a message. */
export function lastOutput(log: LogRing): string {
  const lines = log.tail(SHOWN_LINES).map(({ text }) => `\n  ${text}`);
  return lines.length === 0 ? "; it printed nothing" : `; its last output:${lines.join("")}`;
}
