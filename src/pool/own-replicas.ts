import { afterFailure, afterStart, type RestartRules, type Trouble } from "../resilience/restart.ts";
import { Turn } from "../resilience/turn.ts";
import type { Turns } from "../resilience/turns.ts";
import type { ReplicaEvent, ReplicaOwner, Restarts, StartTurn } from "../server/replicas/replica-owner.ts";
import type { HostnameSettings } from "./hostname-config.ts";
import { claimPort, type Ports } from "./ports.ts";
import type { RestartSettings } from "./restart-config.ts";

/** What replicas need of the pool. */
export interface ReplicaPool {
  readonly ports: Ports;
  readonly turns: Turns;
  failsHealth(hostname: string): boolean;
  emit(event: ReplicaEvent): void;
}

/** What the pool says about the replicas of one server. `late` is why one has not had its turn in time. */
export function ownReplicas(
  hostname: string,
  settings: HostnameSettings,
  pool: ReplicaPool,
  { late, notYet }: { late: () => Error; notYet: (why: string) => void },
): ReplicaOwner {
  const { replicas, restart, startTimeoutMs, commandTimeoutMs } = settings;
  return {
    settings: replicas,
    claimPort: () => claimPort(pool.ports),
    startTimeoutMs: (kind) => (kind === "command" ? commandTimeoutMs : startTimeoutMs),
    turn: () => toStartTurn(new Turn(pool.turns), startTimeoutMs, late),
    restarts: () => new ReplicaRestarts(restart),
    failsHealth: () => pool.failsHealth(hostname),
    notYet,
    emit: (event) => pool.emit(event),
  };
}

function toStartTurn(turn: Turn, ms: number, late: () => Error): StartTurn {
  return {
    *take() {
      if (!turn.tryTake()) yield* turn.wait({ ms, late });
    },
    leave: () => turn.leave(),
  };
}

/**
 * When one replica starts again: by the rules for its hostname, but by itself unless they say `temporary`. The requests
 * that would start it again are served by the others.
 */
class ReplicaRestarts implements Restarts {
  readonly #rules: RestartRules;
  #trouble: Trouble | undefined;
  #ranAt: number | undefined;

  constructor(settings: RestartSettings) {
    this.#rules = { ...settings, policy: settings.policy ?? "permanent" };
  }

  ran(): void {
    this.#ranAt = performance.now();
  }

  failed(): number | undefined {
    const now = performance.now();
    const isWell = this.#ranAt !== undefined && now - this.#ranAt >= this.#rules.withinMs;
    this.#ranAt = undefined;
    this.#trouble = afterFailure(isWell ? undefined : this.#trouble, this.#rules, now);
    return this.#rules.policy === "temporary" ? undefined : this.#trouble.delayMs;
  }

  began(): void {
    if (this.#trouble !== undefined) this.#trouble = afterStart(this.#trouble, performance.now());
  }
}
