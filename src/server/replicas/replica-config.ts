import {
  checkKnownOptions,
  choiceOption,
  durationOption,
  fail,
  integerOption,
  type Resolved,
} from "../../base/options.ts";
import { createClientOf } from "../client.ts";

/**
 * Which replica gets a request: `"power-of-two"` the less busy one of two that are drawn, `"least-connections"` the least
 * busy one, `"round-robin"` each in its turn, `"random"` any; or the same one for the same visitor.
 *
 * **Lifetime.** Asked at each request and WebSocket.
 *
 * **Failure.** Only replicas that can answer are chosen. While none can, all get 503.
 */
export type Balance = "power-of-two" | "least-connections" | "round-robin" | "random" | StickyBalance;

/**
 * The same replica for the same visitor, as long as it is there; else another one.
 *
 * **Lifetime.** As {@link Balance}. A cookie is a session cookie of the visitor, and is taken away before the app sees
 * the request.
 *
 * **Failure.** A cookie that names no replica which can answer is as if it were not there: nobody can choose anything else
 * by it.
 */
export interface StickyBalance {
  /** How a visitor is known: by a cookie of ours, or by its address. */
  stickyBy: "cookie" | "client";
  /** The name of the cookie. @default "switchboard-replica" */
  cookie?: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed when visitors are known by their address. @default those of the switchboard */
  trustedProxies?: readonly string[] | undefined;
}

/**
 * How it is checked whether a replica can answer.
 *
 * **Lifetime.** A replica is checked from its start on. It gets its first request after its first success.
 *
 * **Failure.** A check fails when the answer has no status from 200 to 399, or does not come in time. That ends nothing:
 * the replica gets no requests until it succeeds again.
 */
export interface HealthConfig {
  /** What is asked for with GET, such as `/healthz`. */
  path: string;
  /** How long after a check the next one comes. @default 10000 */
  intervalMs?: number | undefined;
  /** How long an answer may take. @default 2000 */
  timeoutMs?: number | undefined;
  /** So many failures in a row, and it gets no more requests. @default 3 */
  fall?: number | undefined;
  /** So many successes in a row, and it gets requests again. @default 2 */
  rise?: number | undefined;
}

/**
 * When a replica is left out because of how it answers.
 *
 * **Lifetime.** It is left out for `ejectMs`, each further time for so much longer, up to `maxEjectMs`. A replica that has
 * done well for `maxEjectMs` begins anew.
 *
 * **Failure.** A failure is a status of 500 or more, or an answer that breaks off. One that cannot be connected to is left
 * out for a second at once. At most half of the replicas are left
 * out at once, so never the only one.
 */
export interface OutlierConfig {
  /** So many failures in a row, and it is left out. @default 5 */
  failures?: number | undefined;
  /** How long it is left out the first time. @default 30000 */
  ejectMs?: number | undefined;
  /** How long it is left out at most. @default 300000 */
  maxEjectMs?: number | undefined;
}

/**
 * How many servers share the requests of a hostname whose app runs in threads, commands or elsewhere. An inline app has one,
 * whatever is set here: it shares this event loop.
 *
 * **Lifetime.** It is part of the options of a pool, and read with them.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is as if it were not there;
 * `false` turns off what counts for other names.
 */
export interface ReplicaConfig {
  /** How many servers share the requests of a hostname, if its app is not inline. @default 1 */
  replicas?: number | undefined;
  /** Which of them gets a request. @default "power-of-two" */
  balance?: Balance | undefined;
  /** For so long a replica that joins gets more and more requests, up to its share; 0 is at once. @default 10000 */
  slowStartMs?: number | undefined;
  /** Checks whether a replica can answer, if its app is not inline. @default off */
  health?: HealthConfig | false | undefined;
  /** Leaves out replicas that keep failing, at most half of them. `false` is off. @default as below */
  outliers?: OutlierConfig | false | undefined;
}

/** A {@link HealthConfig} with its defaults. */
export type HealthSettings = Resolved<HealthConfig>;

/** An {@link OutlierConfig} with its defaults. */
export type OutlierSettings = Resolved<OutlierConfig>;

/** A {@link ReplicaConfig} that was checked, with its defaults. */
export interface ReplicaSettings {
  replicas: number;
  balance: Balance;
  slowStartMs: number;
  health: HealthSettings | false;
  outliers: OutlierSettings | false;
}

/** The names of every option of {@link ReplicaConfig}. */
export const REPLICA_OPTIONS: readonly (keyof ReplicaConfig)[] = [
  "replicas",
  "balance",
  "slowStartMs",
  "health",
  "outliers",
];

/** More would be more threads or processes than one machine runs well. */
const MOST_REPLICAS = 64;

/** A name that needs no quotes anywhere (RFC 6265 section 4.1.1). */
const COOKIE_NAME = /^[\w.-]{1,64}$/;

export const ONE_REPLICA: ReplicaSettings = {
  replicas: 1,
  balance: "power-of-two",
  slowStartMs: 10_000,
  health: false,
  outliers: { failures: 5, ejectMs: 30_000, maxEjectMs: 300_000 },
};

/** Checks the options of `config`; what it leaves out is as in `base`. `at` is where they stand: nothing, or `hostnames['*.api'].` */
export function resolveReplicas(at: string, config: ReplicaConfig, base: ReplicaSettings): ReplicaSettings {
  const { health, outliers } = config;
  return {
    replicas: replicasOption(`${at}replicas`, config.replicas ?? base.replicas),
    balance: resolveBalance(`${at}balance`, config.balance ?? base.balance),
    slowStartMs: durationOption(`${at}slowStartMs`, config.slowStartMs ?? base.slowStartMs),
    health: health === undefined ? base.health : health !== false && resolveHealth(`${at}health`, health),
    outliers: outliers === undefined ? base.outliers : outliers !== false && resolveOutliers(`${at}outliers`, outliers),
  };
}

/** How many replicas there may be. */
export function replicasOption(option: string, value: unknown): number {
  return integerOption(option, value, 1, MOST_REPLICAS);
}

function resolveBalance(at: string, balance: Balance): Balance {
  if (typeof balance !== "object" || balance === null) {
    return choiceOption<Exclude<Balance, StickyBalance>>(at, balance, [
      "power-of-two",
      "least-connections",
      "round-robin",
      "random",
    ]);
  }
  checkKnownOptions(at, balance, ["stickyBy", "cookie", "trustedProxies"]);
  const { cookie, trustedProxies } = balance;
  if (cookie !== undefined && !(typeof cookie === "string" && COOKIE_NAME.test(cookie))) {
    fail(`${at}.cookie`, "1 to 64 letters, digits, - . or _", cookie);
  }
  createClientOf(trustedProxies ?? []);
  return { ...balance, stickyBy: choiceOption(`${at}.stickyBy`, balance.stickyBy, ["cookie", "client"]) };
}

function resolveHealth(at: string, config: HealthConfig): HealthSettings {
  checkKnownOptions(at, config, ["path", "intervalMs", "timeoutMs", "fall", "rise"]);
  const { path } = config;
  if (typeof path !== "string" || !/^\/[\x21-\x7e]*$/.test(path)) fail(`${at}.path`, 'a path such as "/healthz"', path);
  return {
    path,
    intervalMs: durationOption(`${at}.intervalMs`, config.intervalMs ?? 10_000, 1),
    timeoutMs: durationOption(`${at}.timeoutMs`, config.timeoutMs ?? 2_000, 1),
    fall: integerOption(`${at}.fall`, config.fall ?? 3, 1, 1_000),
    rise: integerOption(`${at}.rise`, config.rise ?? 2, 1, 1_000),
  };
}

function resolveOutliers(at: string, config: OutlierConfig): OutlierSettings {
  checkKnownOptions(at, config, ["failures", "ejectMs", "maxEjectMs"]);
  const ejectMs = durationOption(`${at}.ejectMs`, config.ejectMs ?? 30_000, 1);
  return {
    failures: integerOption(`${at}.failures`, config.failures ?? 5, 1, 1_000_000),
    ejectMs,
    maxEjectMs: durationOption(`${at}.maxEjectMs`, config.maxEjectMs ?? Math.max(300_000, ejectMs), ejectMs),
  };
}
