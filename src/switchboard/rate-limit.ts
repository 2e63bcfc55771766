import type { IncomingMessage, ServerResponse } from "node:http";
import { count } from "../base/listing.ts";
import { checkKnownOptions, choiceOption, functionOption, within } from "../base/options.ts";
import type { RateLimiterInspection } from "../resilience/memory-store.ts";
import { type RateLimiterConfig, resolveRateLimiter } from "../resilience/rate-limit-config.ts";
import type { RateLimitStore, RateUse } from "../resilience/rate-limit-store.ts";
import { createRateLimiter, createSharedRateLimiter, type RateLimitResult } from "../resilience/rate-limiter.ts";
import { networkOf } from "../server/network.ts";
import type { Problem } from "../server/problem.ts";

/**
 * How often requests may come; then 429 with `Retry-After`.
 *
 * **Lifetime.** It is part of the options of a switchboard, and read with them. Names that fit the same pattern share
 * what was counted, for as long as the switchboard lives.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface RateLimitConfig extends Omit<RateLimiterConfig, "onEvent"> {
  /**
   * What has a limit of its own: each client address, each hostname, each of both, or whatever a function names. IPv6
   * clients are told apart by the first 64 bits of their address: the rest is theirs to choose.
   * @default "client"
   */
  by?:
    | "client"
    | "hostname"
    | "client-and-hostname"
    | ((request: IncomingMessage, hostname: string) => string)
    | undefined;
  /**
   * Which of the `tiers` a request is of. Left out, `read` is for GET, HEAD and OPTIONS and `write` for all other
   * methods, where there is a tier of that name.
   * @default by method
   */
  tier?: ((request: IncomingMessage, hostname: string) => string | undefined) | undefined;
  /** Which answers have the fields `RateLimit` and `RateLimit-Policy`: those with 429, or all of them. @default "refused" */
  fields?: "refused" | "all" | undefined;
  /**
   * Counts for several processes, as `createSharedRateLimiter` does. While it fails, or says nothing for
   * `admitTimeoutMs`, requests go on, and each failure is a `front-error`.
   * @default in memory
   */
  store?: RateLimitStore<Promise<RateUse>> | undefined;
}

/** What a rate limit needs of its switchboard. */
export interface RateLimitHost {
  clientOf(request: IncomingMessage): string;
  blocked(key: string, ms: number): void;
}

/** A rate limit, and what it has counted. */
export interface RateLimit {
  /** Says whether a request is within its limit: at once, unless its store is elsewhere. `undefined` is yes. */
  check(
    hostname: string,
    request: IncomingMessage,
    response: ServerResponse | undefined,
  ): Problem | undefined | Promise<Problem | undefined>;
  /** How full it is; `undefined` where a store elsewhere counts. */
  inspect(): RateLimiterInspection | undefined;
}

const OWN_OPTIONS = ["by", "tier", "fields", "store"] as const;

/** Checks the options that stand at `at`. */
export function resolveRateLimit(at: string, config: RateLimitConfig): RateLimitConfig {
  return within(at, () => {
    checkKnownOptions("rateLimit", config, [...OWN_OPTIONS, "limit", "windowMs", "maxKeys", "tiers", "penalty"]);
    resolveRateLimiter(limiterConfig(config));
    if (typeof config.by !== "function") {
      choiceOption("by", config.by ?? "client", ["client", "hostname", "client-and-hostname"]);
    }
    functionOption("tier", config.tier);
    choiceOption("fields", config.fields ?? "refused", ["refused", "all"]);
    if (config.store !== undefined) createSharedRateLimiter(limiterConfig(config), config.store);
    return { ...config };
  });
}

/** Makes a rate limit, which has counted nothing yet. */
export function createRateLimit(config: RateLimitConfig, host: RateLimitHost): RateLimit {
  const { store, tiers = {} } = config;
  const settings: RateLimiterConfig = {
    ...limiterConfig(config),
    onEvent: ({ key, ms }) => host.blocked(key, ms),
  };
  const local = store === undefined ? createRateLimiter(settings) : undefined;
  const limiter = local ?? createSharedRateLimiter(settings, store as NonNullable<typeof store>);
  const keyOf = toKeyOf(config.by ?? "client", host);
  const tierOf = config.tier ?? toTierOf(Object.keys(tiers));
  const tellAll = config.fields === "all";
  const judge = (hostname: string, tier = "default", result: RateLimitResult, response: ServerResponse | undefined) => {
    const { windowMs } = tiers[tier] ?? config;
    if (!result.allowed) return toProblem(hostname, result, tier, windowMs);
    if (tellAll) for (const [field, value] of toFields(result, tier, windowMs)) response?.setHeader(field, value);
    return undefined;
  };
  return {
    check(hostname, request, response) {
      const tier = tierOf(request, hostname);
      const result = limiter.consume(keyOf(request, hostname), tier === undefined ? undefined : { tier });
      if (!(result instanceof Promise)) return judge(hostname, tier, result, response);
      return result.then((later) => judge(hostname, tier, later, response));
    },
    inspect: () => local?.inspect(),
  };
}

function limiterConfig(config: RateLimitConfig): RateLimiterConfig {
  const own: readonly string[] = OWN_OPTIONS;
  return Object.fromEntries(Object.entries(config).filter(([option]) => !own.includes(option))) as never;
}

function toKeyOf(
  by: NonNullable<RateLimitConfig["by"]>,
  { clientOf }: RateLimitHost,
): (request: IncomingMessage, hostname: string) => string {
  if (typeof by === "function") return by;
  const client = (request: IncomingMessage) => networkOf(clientOf(request));
  if (by === "client") return client;
  if (by === "hostname") return (_request, hostname) => hostname;
  return (request, hostname) => `${client(request)} ${hostname}`;
}

function toTierOf(names: readonly string[]): (request: IncomingMessage) => string | undefined {
  const read = names.find((name) => name === "read");
  const write = names.find((name) => name === "write");
  if (read === undefined && write === undefined) return () => undefined;
  return ({ method }) => (method === "GET" || method === "HEAD" || method === "OPTIONS" ? read : write);
}

function toProblem(hostname: string, result: RateLimitResult, tier: string, windowMs: number): Problem {
  const { limit, blocked, retryAfterMs } = result;
  const which = tier === "default" ? "" : ` of the tier "${tier}"`;
  const rule = `the limit is ${count(limit, "request")}${which} in ${windowMs / 1_000} s`;
  const why = blocked ? "too many requests were refused, so all are for now" : rule;
  const detail = `${why}; ask again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  const fields = Object.fromEntries(toFields(result, tier, windowMs));
  return { status: 429, code: "RATE_LIMITED", detail, hostname, retryAfterMs, fields };
}

/** Seconds, as in draft-ietf-httpapi-ratelimit-headers-11, which has them as structured fields (RFC 9651). */
function toFields(result: RateLimitResult, tier: string, windowMs: number): [string, string][] {
  const { limit, remaining, allowed, retryAfterMs, resetMs } = result;
  const name = JSON.stringify(tier.replaceAll(/[^\x20-\x7e]/g, "_"));
  const seconds = Math.ceil((allowed ? resetMs : retryAfterMs) / 1_000);
  return [
    ["RateLimit-Policy", `${name};q=${limit};w=${Math.ceil(windowMs / 1_000)}`],
    ["RateLimit", `${name};r=${allowed ? remaining : 0};t=${seconds}`],
  ];
}
