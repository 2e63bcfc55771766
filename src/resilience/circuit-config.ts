import { noop } from "../base/operations.ts";
import {
  checkKnownOptions,
  durationOption,
  fail,
  functionOption,
  integerOption,
  type Resolved,
  textOption,
} from "../base/options.ts";

/**
 * What happens to a circuit breaker.
 *
 * **Lifetime.** Told at the call that changes the state. No clock of its own runs: `half-opened` comes with the first
 * {@link CircuitBreaker.admit} after the recovery time.
 *
 * **Failure.** A listener that throws is reported as a process warning, and changes nothing.
 */
export type CircuitEvent =
  /** Too much has failed, a probe has failed, or it was forced open: nothing is let through. */
  | { type: "opened"; name: string | undefined; retryAfterMs: number | undefined }
  /** The recovery time is over: probes are let through. */
  | { type: "half-opened"; name: string | undefined }
  /** Enough probes succeeded, or it was reset. */
  | { type: "closed"; name: string | undefined };

/**
 * When too large a share of what was let through fails.
 *
 * **Lifetime.** Read once, by {@link createCircuitBreaker}.
 *
 * **Failure.** A wrong or unknown field throws `INVALID_OPTION` there.
 */
export interface FailureRatio {
  /** The share of failures that opens, above 0 and at most 1: 0.5 is every second. */
  atLeast: number;
  /** How far back outcomes count; each is forgotten up to a tenth of this earlier. */
  windowMs: number;
  /** With fewer outcomes than this in the window it stays closed, whatever their share. */
  minimumRequests: number;
}

/**
 * Options of {@link createCircuitBreaker}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface CircuitBreakerConfig {
  /** Opens after so many failures in a row. Not together with `failureRatio`. @default 5 */
  failureThreshold?: number | undefined;
  /** Opens at this share of failures in a window, instead of after `failureThreshold` in a row. @default none */
  failureRatio?: FailureRatio | undefined;
  /** How long it stays open before probes are let through. @default 30000 */
  recoveryMs?: number | undefined;
  /** So many probes must succeed, and none fail, before it closes. @default 3 */
  successThreshold?: number | undefined;
  /** How many probes may be under way at once. One that says nothing for `recoveryMs` loses its place. @default 1 */
  maxProbes?: number | undefined;
  /** Whether what an operation threw counts as a failure; anything else counts as a success. @default every error */
  isFailure?: ((error: unknown) => boolean) | undefined;
  /** What events and errors call it. @default none */
  name?: string | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: CircuitEvent) => void) | undefined;
}

/** A {@link CircuitBreakerConfig} that was checked, with its defaults. */
export interface CircuitSettings extends Resolved<Omit<CircuitBreakerConfig, "failureRatio" | "name">> {
  failureRatio: FailureRatio | undefined;
  name: string | undefined;
}

const OPTIONS: readonly (keyof CircuitBreakerConfig)[] = [
  "failureThreshold",
  "failureRatio",
  "recoveryMs",
  "successThreshold",
  "maxProbes",
  "isFailure",
  "name",
  "onEvent",
];

/** The largest count that an option takes. */
const MOST = 2 ** 31 - 1;

/** Checks every option. */
export function resolveCircuit(config: CircuitBreakerConfig): CircuitSettings {
  checkKnownOptions("createCircuitBreaker", config, OPTIONS);
  const { failureThreshold, failureRatio } = config;
  if (failureThreshold !== undefined && failureRatio !== undefined) {
    fail("failureThreshold", "left out where failureRatio is given", failureThreshold);
  }
  return {
    failureThreshold: integerOption("failureThreshold", failureThreshold ?? 5, 1, MOST),
    failureRatio: failureRatio === undefined ? undefined : ratioOption(failureRatio),
    recoveryMs: durationOption("recoveryMs", config.recoveryMs ?? 30_000, 1),
    successThreshold: integerOption("successThreshold", config.successThreshold ?? 3, 1, MOST),
    maxProbes: integerOption("maxProbes", config.maxProbes ?? 1, 1, MOST),
    isFailure: functionOption("isFailure", config.isFailure) ?? everyError,
    name: config.name === undefined ? undefined : textOption("name", config.name),
    onEvent: functionOption("onEvent", config.onEvent) ?? noop,
  };
}

function ratioOption(ratio: FailureRatio): FailureRatio {
  checkKnownOptions("failureRatio", ratio, ["atLeast", "windowMs", "minimumRequests"]);
  const { atLeast, windowMs, minimumRequests } = ratio;
  if (!(typeof atLeast === "number" && atLeast > 0 && atLeast <= 1)) {
    fail("failureRatio.atLeast", "a number above 0 and at most 1", atLeast);
  }
  return {
    atLeast,
    windowMs: durationOption("failureRatio.windowMs", windowMs, 1),
    minimumRequests: integerOption("failureRatio.minimumRequests", minimumRequests, 1, MOST),
  };
}

const everyError = (): boolean => true;
