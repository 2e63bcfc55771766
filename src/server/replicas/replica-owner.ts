import type { Operation } from "effection";
import { noop } from "../../base/operations.ts";
import type { PortChoice } from "../listen.ts";
import type { OutsideApp } from "../outside-app.ts";
import type { HealthStatus } from "./health-status.ts";
import { ONE_REPLICA, type ReplicaSettings } from "./replica-config.ts";

/** What happens to the replicas of a server that runs. What happens to all of them is what happens to the server. */
export type ReplicaEvent =
  | { type: "replica-started"; hostname: string; replica: number; port: number }
  | { type: "replica-stopped"; hostname: string; replica: number }
  | {
      type: "replica-failed";
      hostname: string;
      replica: number;
      error: Error;
      message: string;
      retryAfterMs: number | undefined;
    }
  | {
      type: "health";
      hostname: string;
      replica: number | undefined;
      from: HealthStatus;
      to: HealthStatus;
      reason: string;
    };

/** The ports of one replica. */
export interface PortClaim extends PortChoice {
  /** The one it has taken is free again. */
  release(): void;
}

/** One of the turns in which servers start. */
export interface StartTurn {
  /** Returns when it has it; throws when that takes too long. */
  take(): Operation<void>;
  /** Passes it on, or waits no longer. May be called at any time. */
  leave(): void;
}

/** When one replica may start again. */
export interface Restarts {
  /** It runs. */
  ran(): void;
  /** It has failed: how long until the next start; `undefined` when it is not started again. */
  failed(): number | undefined;
  /** It starts again. */
  began(): void;
}

/** Whose replicas they are: what a pool says about the replicas of one server. */
export interface ReplicaOwner {
  readonly settings: ReplicaSettings;
  claimPort(): PortClaim;
  /** How long the start of a further replica, or of one again, may take. */
  startTimeoutMs(kind: OutsideApp["kind"]): number;
  turn(): StartTurn;
  restarts(): Restarts;
  /** Whether its health checks fail now, whatever the server answers. */
  failsHealth(): boolean;
  /** Why the first replica is not ready: it does not listen, or its health check fails. */
  notYet(why: string): void;
  emit(event: ReplicaEvent): void;
}

/** The owner of a server that is none of a pool: it has one replica, which is not started again. */
export function ownerOfOne({ take, busy }: PortChoice): ReplicaOwner {
  return {
    settings: ONE_REPLICA,
    claimPort: () => ({ take, busy, release: noop }),
    startTimeoutMs: () => Number.POSITIVE_INFINITY,
    turn: () => ({ *take() {}, leave: noop }),
    restarts: () => ({ ran: noop, failed: () => undefined, began: noop }),
    failsHealth: () => false,
    notYet: noop,
    emit: noop,
  };
}
