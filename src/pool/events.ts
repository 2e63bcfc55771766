/**
 * Why a server was stopped: `shutdown` was called, nobody used it for `idleTimeoutMs`, another one needed its place, or
 * the pool ends.
 *
 * **Lifetime.** The first reason counts; what comes later does not change it.
 *
 * **Failure.** A crash has no reason of its own: it is an `error` event, and the server is `stopped` without `stopping`.
 */
export type StopReason = "shutdown" | "idle" | "evicted" | "closing";

/**
 * What happens to the servers of a pool, in the order of a server's life.
 *
 * **Lifetime.** Each `started` is followed by exactly one `stopped`, the last ones while the pool ends.
 *
 * **Failure.** An `error` is about one server; the others and the pool go on. A listener that throws is reported as a
 * process warning.
 */
export type ServerEvent =
  /** A start has begun, or waits for a place. */
  | { type: "starting"; hostname: string }
  /** The server listens, and gets requests from now on. */
  | { type: "started"; hostname: string; port: number }
  /** A start or a run failed, an app threw outside its own error handling, or a cleanup failed. */
  | { type: "error"; hostname: string; error: Error; message: string }
  /** The server was asked to stop: it gets no more requests, and drains. */
  | { type: "stopping"; hostname: string; reason: StopReason }
  /** The drain of the server had to cut this much. */
  | { type: "cut"; hostname: string; requests: number; sockets: number }
  /** A server that had started is gone, and its port is free. */
  | { type: "stopped"; hostname: string }
  /** After a failure: how long until the next start is possible. */
  | { type: "backing-off"; hostname: string; failures: number; delayMs: number };
