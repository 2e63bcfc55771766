import type { ForwardPhase } from "../server/forward/forward-failure.ts";
import type { HealthStatus } from "../server/replicas/health-status.ts";

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
  /** A start has begun, or waits for its turn. An earlier server of that name is gone. */
  | { type: "starting"; hostname: string }
  /** The start is over, because the app factory has no app for that name: who asks for it gets 404. */
  | { type: "declined"; hostname: string }
  /** A start goes on for so long already: what it waits for, as far as that is known. Told after 5 s, and when that is something else after 10 s, 20 s and so on. */
  | { type: "slow-start"; hostname: string; reason: string; afterMs: number }
  /** The server listens, and gets requests from now on. */
  | { type: "started"; hostname: string; port: number }
  /** A start or a run failed, an app threw outside its own error handling, or a cleanup failed. */
  | { type: "error"; hostname: string; error: Error; message: string }
  /** A request could not be forwarded to its end: how far it had come, and why. */
  | { type: "forward-error"; hostname: string; phase: ForwardPhase; error: Error; message: string }
  /** One more replica of a server that runs can answer, or one again, and gets requests. The first is told by `started`. */
  | { type: "replica-started"; hostname: string; replica: number; port: number }
  /** A replica that was one too many has drained, and is gone. */
  | { type: "replica-stopped"; hostname: string; replica: number }
  /** A replica could not start, or ended by itself, while others run: how long until it starts again; never, if that is `undefined`. */
  | {
      type: "replica-failed";
      hostname: string;
      replica: number;
      error: Error;
      message: string;
      retryAfterMs: number | undefined;
    }
  /** A replica, or all of a hostname together if `replica` is `undefined`, can answer better or worse than before; an only replica is told as its hostname. */
  | {
      type: "health";
      hostname: string;
      replica: number | undefined;
      from: HealthStatus;
      to: HealthStatus;
      reason: string;
    }
  /** The server was asked to stop: it gets no more requests, and drains. */
  | { type: "stopping"; hostname: string; reason: StopReason }
  /** The drain of the server had to cut this much. */
  | { type: "cut"; hostname: string; requests: number; sockets: number }
  /** A server that had started is gone, and its port is free. */
  | { type: "stopped"; hostname: string }
  /** After a failure, when the next request starts it again: how long until that is possible. */
  | { type: "backing-off"; hostname: string; failures: number; delayMs: number }
  /** After a failure, when it starts again by itself: how long until it does. */
  | { type: "restarting"; hostname: string; attempt: number; delayMs: number }
  /** After a failure too many: it gets no start but a trial, and that not before this time. */
  | { type: "failed"; hostname: string; error: Error; message: string; retryAfterMs: number }
  /** A server that had failed has run for `withinMs`: its failures are forgotten. The first was so long ago. */
  | { type: "recovered"; hostname: string; afterMs: number };

/** What comes after a failure: exactly one of these. */
export type FailureEvent = Extract<ServerEvent, { type: "backing-off" | "restarting" | "failed" }>;
