import { type Context, createContext, type Future, type Stream } from "effection";
import type { LogLine } from "../server/log-ring.ts";
import type { ServerEvent } from "./events.ts";
import type { ServerPoolInspection } from "./inspection.ts";
import type { ServerInfo } from "./server-info.ts";
import type { Failure } from "./supervision.ts";

/**
 * Many servers, by hostname.
 *
 * **Lifetime.** That of the {@link useServerPool} that made it. Each server lives from the first request for its name
 * until it is shut down, idle for too long, evicted, crashed, or the pool ends.
 *
 * **Failure.** What a method cannot do rejects with a {@link SwitchboardError}. A server that crashes is an event.
 */
export interface ServerPool {
  /**
   * The running server of `hostname`; starts one when there is none, exactly once whatever the concurrency.
   * The result may be awaited or yielded. Rejects with a {@link SwitchboardError}.
   */
  getOrCreate(hostname: string): Future<ServerInfo>;
  /** The server of `hostname` if it runs: never one that starts or stops. */
  get(hostname: string): ServerInfo | undefined;
  /** Every running server. */
  list(): ServerInfo[];
  /** Stops the server of `hostname`, and forgets its failures; resolves when its port is free. Nothing to stop is fine. */
  shutdown(hostname: string): Future<void>;
  /**
   * Starts the server of `hostname` if there is none, and keeps it from now on: it is never stopped for being idle or to
   * make room, and starts again by itself after a failure, unless its `restart.policy` says otherwise. After a
   * `shutdown` it is down until somebody asks for it. Rejects as `getOrCreate`; it is pinned all the same.
   */
  pin(hostname: string): Future<ServerInfo>;
  /** From now on `hostname` is as any other; its server runs on. */
  unpin(hostname: string): void;
  /**
   * So many replicas of the server of `hostname`, until it stops. Those that are too many get no more requests, drain and
   * stop. Resolves when they are gone and the new ones can answer. Rejects with `NOT_RUNNING`, `NOT_SCALABLE` for an inline
   * app, or why the first start of a new one failed: it is tried again all the same.
   */
  scale(hostname: string, replicas: number): Future<void>;
  /**
   * Has the health checks of those hostnames fail for which `fails` says so: it is asked before each check. Returns how to
   * remove it.
   */
  failHealth(fails: (hostname: string) => boolean): () => void;
  /** What happens from the time of subscription on; ends when the pool has ended. */
  readonly events: Stream<ServerEvent, void>;
  /**
   * What the app of `hostname` has printed last, if it runs in a thread or a command: up to 1,000 lines. Of one that does
   * not run, and has failed, the last 20 before that.
   */
  log(hostname: string): LogLine[];
  /**
   * Calls `listener` with each line that the app of `hostname` prints from now on, however often it is started, and with
   * each state of a line that has no newline yet. Returns how to stop that.
   */
  listenLog(hostname: string, listener: (line: LogLine) => void): () => void;
  /** The last failure of each hostname that is not well again, whether it can be started by now or not. */
  failures(): Failure[];
  /** Every pinned hostname, also one that does not run. */
  pinned(): string[];
  /** A snapshot for people and tests. */
  inspect(): ServerPoolInspection;
}

/**
 * The pool of the surrounding {@link useServerPool}, for operations below it: `yield* ServerPoolContext.expect()`.
 *
 * **Lifetime.** Set by `useServerPool` for its caller and everything below it.
 *
 * **Failure.** `expect()` throws where no pool surrounds it; `get()` is `undefined` there.
 */
export const ServerPoolContext: Context<ServerPool> = createContext<ServerPool>("effection-switchboard.server-pool");
