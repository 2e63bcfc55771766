// #region circuit-breaker
import { type Operation, scoped } from "effection";

export interface CircuitBreaker {
  readonly state: "closed" | "open" | "half-open";
  /** Runs the operation, if the circuit lets it through. */
  execute<T>(operation: () => Operation<T>): Operation<T>;
}

export interface CircuitBreakerConfig {
  /** Opens after so many failures in a row. */
  failureThreshold: number;
  /** For so long it stays open. */
  recoveryMs: number;
}

/** Stops asking what keeps failing; after a while it lets one probe through, to find out. */
export function createCircuitBreaker({ failureThreshold, recoveryMs }: CircuitBreakerConfig): CircuitBreaker {
  let openedAt: number | undefined; // undefined while closed
  let failures = 0;
  let probing = false;
  let era = 0; // counts how often it has opened or closed

  function stateNow(): CircuitBreaker["state"] {
    if (openedAt === undefined) return "closed";
    return performance.now() - openedAt < recoveryMs ? "open" : "half-open";
  }

  function turn(to: "open" | "closed"): void {
    openedAt = to === "open" ? performance.now() : undefined;
    failures = 0;
    era += 1;
  }

  function count(outcome: "success" | "failure"): void {
    failures = outcome === "failure" ? failures + 1 : 0;
    if (outcome === "success" && openedAt !== undefined) turn("closed");
    if (outcome === "failure" && (openedAt !== undefined || failures >= failureThreshold)) turn("open");
  }
  // #endregion

  // #region execute
  function* execute<T>(operation: () => Operation<T>): Operation<T> {
    const state = stateNow();
    if (state === "open" || probing) throw new Error("the circuit is open");
    const mine = era;
    let outcome: "success" | "failure" | undefined; // stays undefined when it is halted
    probing = state === "half-open";
    try {
      const value = yield* scoped(operation);
      outcome = "success";
      return value;
    } catch (error) {
      outcome = "failure";
      throw error;
    } finally {
      if (mine === era) {
        probing = false;
        if (outcome !== undefined) count(outcome);
      }
    }
  }

  return {
    get state() {
      return stateNow();
    },
    execute,
  };
}
// #endregion
