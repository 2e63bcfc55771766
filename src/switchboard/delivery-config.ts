import { type ByHostname, resolveByHostname } from "../base/by-hostname.ts";
import {
  checkKnownOptions,
  durationOption,
  fail,
  functionOption,
  integerOption,
  limitOption,
  type Resolved,
  within,
} from "../base/options.ts";
import { type CircuitBreakerConfig, resolveCircuit } from "../resilience/circuit-config.ts";
import { type RateLimitConfig, resolveRateLimit } from "./rate-limit.ts";

/**
 * When a hostname's server is given no requests for a while, because they fail.
 *
 * **Lifetime.** It is part of the options of a switchboard, and read with them. Each hostname has a circuit breaker of its
 * own, from its first request on.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface CircuitConfig
  extends Pick<
    CircuitBreakerConfig,
    "failureThreshold" | "failureRatio" | "recoveryMs" | "successThreshold" | "maxProbes"
  > {
  /**
   * Whether an answer counts as a failure. What has no answer, because the client left, counts as neither.
   * @default a status of 500 or more
   */
  isFailure?: ((status: number) => boolean) | undefined;
}

/**
 * How many requests a hostname's server is given at once.
 *
 * **Lifetime.** It is part of the options of a switchboard, and read with them. A request counts from its admission, so
 * also while its server starts, until its response closes. WebSockets do not count.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface ConcurrencyConfig {
  /** How many. */
  max: number;
  /** How many more may wait for their turn, in the order they came; those beyond get 503. @default 0 */
  queue?: number | undefined;
  /** How long a request may wait for its turn; then 503. @default 10000 */
  queueTimeoutMs?: number | undefined;
}

/**
 * How requests for a hostname are admitted, and how long an answer may take.
 *
 * **Lifetime.** It is part of the options of a switchboard, and read with them.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is as if it were not there;
 * `false` turns off what counts for other names.
 */
export interface DeliveryConfig {
  /** How often requests may come; those beyond get 429. @default no limit */
  rateLimit?: RateLimitConfig | false | undefined;
  /** How many requests a server is given at once; those beyond wait, or get 503. @default no limit */
  concurrency?: ConcurrencyConfig | false | undefined;
  /** Stops asking a server that keeps failing: 503 at once, until probes succeed. `{}` is on. @default off */
  circuitBreaker?: CircuitConfig | false | undefined;
  /**
   * How long a server may take until the head of its answer; then 504. Starting it does not count. It may be noticed up
   * to a tenth later. `Infinity` is for ever on this event loop; a thread, a command or a server elsewhere has 300 s.
   * @default Infinity
   */
  responseTimeoutMs?: number | undefined;
  /**
   * How long a server may be silent in the middle of its answer; then the connection is closed. What waits for a slow
   * client does not count. `Infinity` is for ever. It may be noticed up to a tenth later.
   * @default Infinity
   */
  responseIdleTimeoutMs?: number | undefined;
}

/** A {@link ConcurrencyConfig} with its defaults. */
export type ConcurrencySettings = Resolved<ConcurrencyConfig>;

/** What counts for the requests of one hostname. `false` is off. */
export interface DeliverySettings {
  rateLimit: RateLimitConfig | false;
  concurrency: ConcurrencySettings | false;
  circuitBreaker: CircuitConfig | false;
  responseTimeoutMs: number;
  responseIdleTimeoutMs: number;
}

/** The names of every option of {@link DeliveryConfig}. */
export const DELIVERY_OPTIONS: readonly (keyof DeliveryConfig)[] = [
  "rateLimit",
  "concurrency",
  "circuitBreaker",
  "responseTimeoutMs",
  "responseIdleTimeoutMs",
];

const OFF: DeliverySettings = {
  rateLimit: false,
  concurrency: false,
  circuitBreaker: false,
  responseTimeoutMs: Number.POSITIVE_INFINITY,
  responseIdleTimeoutMs: Number.POSITIVE_INFINITY,
};

/** Checks the options for every hostname, and those by pattern. `undefined` when none of them is set. */
export function resolveDelivery(
  config: DeliveryConfig,
  hostnames: Readonly<Record<string, DeliveryConfig>> | undefined,
): ByHostname<DeliverySettings> | undefined {
  const isOn = (settings: DeliverySettings) => DELIVERY_OPTIONS.some((option) => settings[option] !== OFF[option]);
  const defaults = resolveLayer("", config, OFF);
  const settings = resolveByHostname(hostnames ?? {}, defaults, (at, layer, base) => {
    checkKnownOptions(at, layer, DELIVERY_OPTIONS);
    return resolveLayer(`${at}.`, layer, base);
  });
  return settings.all.some(isOn) ? settings : undefined;
}

/** The shortest time that an answer may take by any of `settings`; `Infinity` when none has a limit. */
export function shortestTimeoutMs(settings: readonly DeliverySettings[]): number {
  return Math.min(
    ...settings.flatMap(({ responseTimeoutMs, responseIdleTimeoutMs }) => [responseTimeoutMs, responseIdleTimeoutMs]),
  );
}

/** `at` is where the options stand: nothing, or `hostnames['*.api'].` */
function resolveLayer(at: string, config: DeliveryConfig, base: DeliverySettings): DeliverySettings {
  const { rateLimit, concurrency, circuitBreaker } = config;
  return {
    rateLimit: switchable(`${at}rateLimit`, rateLimit, base.rateLimit, resolveRateLimit),
    concurrency: switchable(`${at}concurrency`, concurrency, base.concurrency, resolveConcurrency),
    circuitBreaker: switchable(`${at}circuitBreaker`, circuitBreaker, base.circuitBreaker, resolveBreaker),
    responseTimeoutMs: limitOption(`${at}responseTimeoutMs`, config.responseTimeoutMs ?? base.responseTimeoutMs),
    responseIdleTimeoutMs: limitOption(
      `${at}responseIdleTimeoutMs`,
      config.responseIdleTimeoutMs ?? base.responseIdleTimeoutMs,
    ),
  };
}

function switchable<C extends object, S>(
  at: string,
  config: C | false | undefined,
  base: S | false,
  resolve: (at: string, config: C) => S,
): S | false {
  if (config === undefined) return base;
  if (config === false) return false;
  return typeof config === "object" && config !== null
    ? resolve(at, config)
    : fail(at, "an object of options, or false", config);
}

function resolveConcurrency(at: string, config: ConcurrencyConfig): ConcurrencySettings {
  checkKnownOptions(at, config, ["max", "queue", "queueTimeoutMs"]);
  return {
    max: integerOption(`${at}.max`, config.max, 1, 1_000_000),
    queue: integerOption(`${at}.queue`, config.queue ?? 0, 0, 1_000_000),
    queueTimeoutMs: durationOption(`${at}.queueTimeoutMs`, config.queueTimeoutMs ?? 10_000, 1),
  };
}

function resolveBreaker(at: string, config: CircuitConfig): CircuitConfig {
  return within(at, () => {
    const options = ["failureThreshold", "failureRatio", "recoveryMs", "successThreshold", "maxProbes", "isFailure"];
    checkKnownOptions("circuitBreaker", config, options);
    const { isFailure, ...breaker } = config;
    functionOption("isFailure", isFailure);
    resolveCircuit(breaker);
    return { ...config };
  });
}
