import { afterFailure, afterStart, type RestartRules, type Trouble } from "../resilience/restart.ts";
import type { Restarts } from "../server/replicas/replica-owner.ts";
import type { RestartSettings } from "./restart-config.ts";

/**
 * When one replica starts again: by the rules for its hostname, but by itself unless they say `temporary`. The requests
 * that would start it again are served by the others.
 */
export class ReplicaRestarts implements Restarts {
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
