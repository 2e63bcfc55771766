import type { HealthStatus } from "./health-status.ts";

/**
 * Where a replica is in its life. It is `backing-off` until it starts again, and `failed` when it does not start again by
 * itself.
 *
 * **Lifetime.** From `starting` to `running`; from there to `stopping`, or over `backing-off` to `starting` again.
 *
 * **Failure.** A failure is a `replica-failed` event; what comes after it is here.
 */
export type ReplicaState = "starting" | "running" | "backing-off" | "failed" | "stopping";

/**
 * A snapshot of one replica.
 *
 * **Lifetime.** As it was at the call.
 *
 * **Failure.** None: plain data.
 */
export interface ReplicaInspection {
  /** Its number, from 1: it keeps it when it is started again. */
  id: number;
  /** Where it is in its life. */
  state: ReplicaState;
  /** How it can answer. */
  health: HealthStatus;
  /** Requests and open sockets that it was given. */
  inFlight: number;
  /** Its own port; `undefined` before it has listened. */
  port: number | undefined;
}
