import type { HealthStatus } from "../server/replicas/health-status.ts";
import type { ReplicaInspection } from "../server/replicas/replica-inspection.ts";
import type { Entry } from "./entry.ts";
import type { EntryState } from "./server-info.ts";
import type { Supervision } from "./supervision.ts";

/**
 * What {@link ServerPool.inspect} gives.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: plain data.
 */
export interface ServerPoolInspection {
  /** How many servers run. */
  running: number;
  /** How many start, those that wait for a place or for their turn included. */
  starting: number;
  /** How many of them wait for their turn: as many as `maxStarts` start already. */
  queued: number;
  /** How many stop. */
  stopping: number;
  /** How many hostnames have failed, and cannot be started before their backoff is over. */
  backingOff: number;
  /**
   * How many other hostnames do not run because they have failed: those that can be started again, if only by a request,
   * and those that failed too often, and have to wait for their cool-down.
   */
  failed: number;
  /** How many requests are in flight, over all servers. */
  requests: { active: number };
  /** How many upgraded sockets are open, over all servers. */
  sockets: { active: number };
  /**
   * One row for each server that starts, runs or stops, and for how long it does, in milliseconds; `port` is known once
   * it runs, `waitsFor` is what a start waits for, where that is known, `restarts` is how often it was started again since it was last well, and `failure` why, the last time. `health` is known from then on, too;
   * `replicas` has those of an app that is not inline.
   */
  servers: {
    hostname: string;
    state: EntryState;
    forMs: number;
    port: number | undefined;
    waitsFor: string | undefined;
    requests: number;
    sockets: number;
    restarts: number;
    failure: string | undefined;
    pinned: boolean;
    health: HealthStatus | undefined;
    replicas: ReplicaInspection[];
  }[];
  /** One row for each hostname that has failed, and cannot be started yet: the message is that of the last failure. */
  refused: {
    hostname: string;
    state: "backing-off" | "failed";
    failures: number;
    message: string;
    retryAfterMs: number;
    pinned: boolean;
  }[];
}

/** What {@link ServerPool.inspect} gives. */
export function inspectPool(entries: Iterable<Entry>, supervision: Supervision, queued: number): ServerPoolInspection {
  const servers = [...entries].map(({ hostname, state, since, info, waitsFor, server, replicas }) => ({
    hostname,
    state,
    forMs: Math.round(performance.now() - since),
    port: info?.port,
    waitsFor,
    requests: server?.inFlight.requests ?? 0,
    sockets: server?.inFlight.sockets ?? 0,
    restarts: supervision.failuresOf(hostname),
    failure: supervision.failureOf(hostname),
    pinned: supervision.isPinned(hostname),
    health: info && (replicas?.health ?? "healthy"),
    replicas: replicas?.inspect() ?? [],
  }));
  const up = new Set(servers.filter(({ state }) => state !== "gone").map(({ hostname }) => hostname));
  const inState = (wanted: EntryState) => servers.filter(({ state }) => state === wanted).length;
  return {
    running: inState("running"),
    starting: inState("starting"),
    queued,
    stopping: inState("stopping"),
    ...supervision.countDown(up),
    requests: { active: servers.reduce((sum, { requests }) => sum + requests, 0) },
    sockets: { active: servers.reduce((sum, { sockets }) => sum + sockets, 0) },
    servers,
    refused: supervision.refused(),
  };
}
