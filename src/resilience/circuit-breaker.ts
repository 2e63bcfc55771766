import { type Operation, scoped } from "effection";
import { SwitchboardError, toError } from "../base/errors.ts";
import { tell } from "../base/events.ts";
import { choiceOption, durationOption } from "../base/options.ts";
import {
  type CircuitBreakerConfig,
  type CircuitEvent,
  type CircuitSettings,
  resolveCircuit,
} from "./circuit-config.ts";
import { OutcomeWindow } from "./outcome-window.ts";

/**
 * `closed` lets everything through, `open` nothing, `half-open` a few probes.
 *
 * **Lifetime.** It opens by failures, half-opens by time, and closes by probes that succeed.
 *
 * **Failure.** None: plain data.
 */
export type CircuitState = "closed" | "open" | "half-open";

/**
 * How something that was let through ended; `ignored` counts as neither, such as what was given up.
 *
 * **Lifetime.** Of no meaning after {@link CircuitBreaker.record}.
 *
 * **Failure.** None: plain data.
 */
export type CircuitOutcome = "success" | "failure" | "ignored";

/**
 * What {@link CircuitBreaker.admit} gives, to be handed back with the outcome: a plain number.
 *
 * **Lifetime.** Good until the breaker changes its state or is reset; an outcome that comes later does not count.
 *
 * **Failure.** None: one that is no longer good is ignored.
 */
export type CircuitTicket = number;

/**
 * Stops asking what keeps failing, and finds out carefully whether it works again.
 *
 * **Lifetime.** Passive: its state is computed from the monotonic clock when it is asked, so it has no timer, needs no
 * end, and is garbage when nobody holds it. Should that clock jump backwards, an open breaker half-opens at once
 * rather than stay open for longer.
 *
 * **Failure.** Only {@link CircuitBreaker.execute} throws: `CIRCUIT_OPEN`, and what the operation throws.
 */
export interface CircuitBreaker {
  /** The state now. */
  readonly state: CircuitState;
  /** Milliseconds until it half-opens; `undefined` when it is not open, or was forced open until `reset()`. */
  readonly retryAfterMs: number | undefined;
  /**
   * Runs `operation` if it is let through, and counts how it ended. One that is halted counts as neither. It has a
   * scope of its own: what it spawns and acquires ends with it, and what fails there is its failure.
   */
  execute<T>(operation: () => Operation<T>): Operation<T>;
  /** For hot paths: a ticket, to be handed to `record` exactly once; `undefined` when nothing is let through. */
  admit(): CircuitTicket | undefined;
  /** Counts how that ended which `ticket` was given for, unless the state has changed since. */
  record(ticket: CircuitTicket, outcome: CircuitOutcome): void;
  /** Closes it, and forgets all that was counted. */
  reset(): void;
  /** Opens it until `reset()`; with `forMs`, for that long: then it half-opens. */
  force(state: "open", forMs?: number): void;
}

/**
 * Makes a {@link CircuitBreaker}, which is closed.
 *
 * **Lifetime.** None to speak of: nothing runs, and nothing needs to be released.
 *
 * **Failure.** A wrong option throws `INVALID_OPTION` at the call.
 *
 * ```ts
 * const breaker = createCircuitBreaker({ failureThreshold: 5, recoveryMs: 30_000 });
 * const invoice = yield* breaker.execute(() => fetchInvoice(42));
 * ```
 */
export function createCircuitBreaker(config: CircuitBreakerConfig = {}): CircuitBreaker {
  return new Breaker(resolveCircuit(config));
}

class Breaker implements CircuitBreaker {
  readonly #settings: CircuitSettings;
  readonly #window: OutcomeWindow | undefined;
  #phase: CircuitState = "closed";
  /** Counts the phases, and is the ticket: an outcome counts only in the phase that let it through. */
  #era = 1;
  /** While forced open: until when. */
  #forcedUntil: number | undefined;
  /** While closed: failures in a row. */
  #failures = 0;
  /** While half-open: probes that succeeded, and that are under way. */
  #successes = 0;
  #probes = 0;
  /** While open: since when. While half-open: when the newest probe was let through. */
  #since = 0;

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
    this.#window = settings.failureRatio && new OutcomeWindow(settings.failureRatio.windowMs);
  }

  get state(): CircuitState {
    return this.#phase === "open" && this.#hasRecovered(performance.now()) ? "half-open" : this.#phase;
  }

  get retryAfterMs(): number | undefined {
    const now = performance.now();
    if (this.#phase !== "open" || this.#hasRecovered(now)) return undefined;
    const until = this.#forcedUntil ?? this.#since + this.#settings.recoveryMs;
    return until === Number.POSITIVE_INFINITY ? undefined : until - now;
  }

  *execute<T>(operation: () => Operation<T>): Operation<T> {
    const ticket = this.admit();
    if (ticket === undefined) throw this.#refusal();
    let outcome: CircuitOutcome = "ignored";
    try {
      const value = yield* scoped(operation);
      outcome = "success";
      return value;
    } catch (error) {
      outcome = this.#judge(error);
      throw error;
    } finally {
      this.record(ticket, outcome);
    }
  }

  admit(): CircuitTicket | undefined {
    if (this.#phase === "closed") return this.#era;
    const now = performance.now();
    if (this.#phase === "half-open" && this.#probes < this.#settings.maxProbes) return this.#probe(now);
    if (!this.#hasRecovered(now)) return undefined;
    if (this.#phase === "open") {
      this.#enter("half-open");
      const ticket = this.#probe(now);
      this.#tell({ type: "half-opened", name: this.#settings.name });
      return ticket;
    }
    // No probe has said anything for a whole recovery time: they lose their places, and will not count.
    this.#era += 1;
    this.#probes = 0;
    return this.#probe(now);
  }

  record(ticket: CircuitTicket, outcome: CircuitOutcome): void {
    if (ticket !== this.#era) return;
    if (this.#phase === "closed") {
      if (outcome !== "ignored" && this.#isTooMuch(outcome === "failure")) this.#open();
      return;
    }
    this.#probes = Math.max(0, this.#probes - 1);
    if (outcome === "failure") this.#open();
    else if (outcome === "success") {
      this.#successes += 1;
      if (this.#successes >= this.#settings.successThreshold) this.reset();
    }
  }

  reset(): void {
    const wasClosed = this.#phase === "closed";
    this.#enter("closed");
    if (!wasClosed) this.#tell({ type: "closed", name: this.#settings.name });
  }

  force(state: "open", forMs?: number): void {
    choiceOption("state", state, ["open"]);
    const until =
      forMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + durationOption("forMs", forMs, 1);
    if (this.#forcedUntil === until) return;
    this.#enter("open");
    this.#forcedUntil = until;
    this.#tell({ type: "opened", name: this.#settings.name, retryAfterMs: forMs });
  }

  #open(): void {
    const { name, recoveryMs: retryAfterMs } = this.#settings;
    this.#enter("open");
    this.#since = performance.now();
    this.#tell({ type: "opened", name, retryAfterMs });
  }

  #enter(phase: CircuitState): void {
    this.#phase = phase;
    this.#era += 1;
    this.#forcedUntil = undefined;
    this.#failures = 0;
    this.#successes = 0;
    this.#probes = 0;
    this.#window?.clear();
  }

  #probe(now: number): CircuitTicket {
    this.#probes += 1;
    this.#since = now;
    return this.#era;
  }

  #hasRecovered(now: number): boolean {
    if (this.#forcedUntil !== undefined) return now >= this.#forcedUntil;
    return now - this.#since >= this.#settings.recoveryMs || now < this.#since;
  }

  #isTooMuch(failed: boolean): boolean {
    const { failureRatio, failureThreshold } = this.#settings;
    if (this.#window === undefined || failureRatio === undefined) {
      this.#failures = failed ? this.#failures + 1 : 0;
      return this.#failures >= failureThreshold;
    }
    const { requests, failures } = this.#window.add(performance.now(), failed);
    return requests >= failureRatio.minimumRequests && failures / requests >= failureRatio.atLeast;
  }

  /** An `isFailure` that throws does not hide the error it was asked about. */
  #judge(error: unknown): CircuitOutcome {
    try {
      return this.#settings.isFailure(error) ? "failure" : "success";
    } catch (thrown) {
      process.emitWarning(toError(thrown));
      return "failure";
    }
  }

  #refusal(): SwitchboardError {
    const { retryAfterMs } = this;
    const { name } = this.#settings;
    const which = name === undefined ? "the circuit" : `the circuit ${JSON.stringify(name)}`;
    const when = retryAfterMs === undefined ? "once it has closed" : `in ${Math.ceil(retryAfterMs)} ms`;
    const facts = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new SwitchboardError("CIRCUIT_OPEN", `${which} is ${this.state}: ask again ${when}`, facts);
  }

  #tell(event: CircuitEvent): void {
    tell(this.#settings.onEvent, event);
  }
}
