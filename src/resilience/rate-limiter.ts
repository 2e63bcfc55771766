import { tell } from "../base/events.ts";
import { durationOption, fail, integerOption } from "../base/options.ts";
import { MemoryStore, type RateLimiterInspection } from "./memory-store.ts";
import {
  type CostedRule,
  type RateLimiterConfig,
  type RateLimiterSettings,
  resolveRateLimiter,
} from "./rate-limit-config.ts";
import type { RateLimitStore, RateUse } from "./rate-limit-store.ts";

/**
 * Whether a request may go on, and what a client should be told about it.
 *
 * **Lifetime.** Of the moment of the call.
 *
 * **Failure.** None: a refusal is an answer, not an error.
 */
export interface RateLimitResult {
  /** Whether it may go on. */
  allowed: boolean;
  /** How many places the key has. */
  limit: number;
  /** How many of them are free now. */
  remaining: number;
  /** Milliseconds until all of them are free, if nothing more comes. */
  resetMs: number;
  /** Milliseconds until the same request is allowed, if nothing else comes; 0 when it is, `Infinity` if it never is. */
  retryAfterMs: number;
  /** Whether it is refused because its key is blocked. */
  blocked: boolean;
}

/**
 * What a call of a {@link RateLimiter} is about, beside the key.
 *
 * **Lifetime.** Read at the call.
 *
 * **Failure.** A tier that does not exist, and a cost that is no whole number of at least 1, throw `INVALID_OPTION`.
 */
export interface RateLimitOptions {
  /** Which tier. @default "default" */
  tier?: string | undefined;
  /** How many places. @default that of the tier */
  cost?: number | undefined;
}

/**
 * Counts requests by key, in windows that slide: in no `windowMs` are more than `limit` places taken, wherever it
 * begins. A quiet key has `limit` places at once. After that a place is free again `windowMs` after it was taken, or
 * less than a tenth of that later: requests of the same tenth share the time of the latest of them. So a burst is timed
 * exactly, and limits up to 11 always are; who asks steadily at exactly the limit gets ten of eleven requests through.
 * (Above 65,535 it is an eighth.)
 *
 * **Lifetime.** Passive: no timer runs, and nothing needs an end. Memory for each key is constant, whatever the limit,
 * and keys above 64 characters are kept as a digest. A key of which nothing counts any more makes room for a new one.
 * With more than `maxKeys` keys at once the one that was used least recently begins anew. To have one forgotten takes
 * that many requests under other keys in its window, for `limit` more under this one. Only that many other blocks lift
 * a block.
 *
 * **Failure.** A key that is no text, a wrong tier or a wrong cost throws `INVALID_OPTION`. A refusal is no error, and
 * costs nothing.
 */
export interface RateLimiter<Result extends RateLimitResult | Promise<RateLimitResult> = RateLimitResult> {
  /** Whether `consume` would allow it now; takes nothing. */
  check(key: string, options?: RateLimitOptions): Result;
  /** Takes the places of a request if they are free, and says whether it may go on. */
  consume(key: string, options?: RateLimitOptions): Result;
  /** How a key stands; takes nothing. As `check` for a request that costs 1. */
  status(key: string, tier?: string): Result;
  /** Refuses a key for `ms` from now, in every tier; 0 lifts that. */
  block(key: string, ms: number): Result extends RateLimitResult ? void : Promise<void>;
}

/**
 * A {@link RateLimiter} in the memory of this process: it answers at once.
 *
 * **Lifetime.** As a {@link RateLimiter}.
 *
 * **Failure.** As a {@link RateLimiter}.
 */
export interface LocalRateLimiter extends RateLimiter {
  /** How much it holds. */
  inspect(): RateLimiterInspection;
}

/**
 * Makes a {@link RateLimiter} in memory, which knows no key yet.
 *
 * **Lifetime.** None to speak of: nothing runs, and nothing needs to be released.
 *
 * **Failure.** A wrong option throws `INVALID_OPTION` at the call.
 *
 * ```ts
 * const limiter = createRateLimiter({ limit: 100, windowMs: 60_000 });
 * const { allowed, retryAfterMs } = limiter.consume(request.ip);
 * ```
 */
export function createRateLimiter(config: RateLimiterConfig): LocalRateLimiter {
  const settings = resolveRateLimiter(config);
  const store = new MemoryStore(settings.maxKeys);
  // The store answers at once, and so does everything that is made of its answers.
  const limiter = limit(settings, store) as RateLimiter;
  return { ...limiter, inspect: () => store.inspect() };
}

/**
 * Makes a {@link RateLimiter} on a store that many processes share: the same rules, and each answer a promise.
 *
 * **Lifetime.** That of its store, which it does not close.
 *
 * **Failure.** A wrong option throws `INVALID_OPTION` at the call. Answers reject with what the store rejects with.
 */
export function createSharedRateLimiter(
  config: Omit<RateLimiterConfig, "maxKeys">,
  store: RateLimitStore<Promise<RateUse>>,
): RateLimiter<Promise<RateLimitResult>> {
  if ("maxKeys" in config) fail("maxKeys", "left out: the store bounds its keys itself", config.maxKeys);
  return limit(resolveRateLimiter(config), toAsync(store)) as RateLimiter<Promise<RateLimitResult>>;
}

/** What the store throws becomes a rejection. */
function toAsync(store: RateLimitStore<Promise<RateUse>>): RateLimitStore<Promise<RateUse>> {
  if (![store?.take, store?.look, store?.block].every((method) => typeof method === "function")) {
    fail("store", "an object with take, look and block", store);
  }
  return {
    take: async (rule, key, cost) => store.take(rule, key, cost),
    look: async (rule, key, cost) => store.look(rule, key, cost),
    block: async (key, ms) => store.block(key, ms),
  };
}

/** The one set of rules, for stores that answer at once and for those that answer later. */
function limit(
  settings: RateLimiterSettings,
  store: RateLimitStore,
): RateLimiter<RateLimitResult> | RateLimiter<Promise<RateLimitResult>>;
function limit({ tiers, base, penalty, onEvent }: RateLimiterSettings, store: RateLimitStore): unknown {
  const ruleOf = (key: string, tier: string | undefined): CostedRule => {
    if (typeof key !== "string") fail("key", "text", key);
    if (tier === undefined) return base;
    return tiers.get(tier) ?? fail("tier", `one of ${[...tiers.keys()].join(", ")}`, tier);
  };

  const block = (key: string, ms: number): unknown =>
    after(store.block(key, ms), () => {
      if (ms > 0) tell(onEvent, { type: "blocked", key, ms });
    });

  const punish = (key: string, rule: CostedRule, use: RateUse): unknown => {
    if (penalty === undefined || use.free || use.blockedMs > 0) return toResult(rule, use);
    const { refusals, blockMs } = penalty;
    return after(store.take(refusals, key, 1), ({ free, used }) => {
      if (free && used < refusals.limit) return toResult(rule, use);
      return after(block(key, blockMs), () => toResult(rule, { ...use, blockedMs: blockMs }));
    });
  };

  const look = (key: string, rule: CostedRule, cost: number): unknown =>
    after(store.look(rule, key, cost), (use) => toResult(rule, use));

  return {
    check(key: string, options: RateLimitOptions = {}) {
      const rule = ruleOf(key, options.tier);
      return look(key, rule, costOf(options, rule));
    },
    consume(key: string, options: RateLimitOptions = {}) {
      const rule = ruleOf(key, options.tier);
      return after(store.take(rule, key, costOf(options, rule)), (use) => punish(key, rule, use));
    },
    status: (key: string, tier?: string) => look(key, ruleOf(key, tier), 1),
    block(key: string, ms: number) {
      ruleOf(key, undefined);
      return block(key, durationOption("ms", ms));
    },
  };
}

function costOf({ cost }: RateLimitOptions, rule: CostedRule): number {
  return cost === undefined ? rule.cost : integerOption("cost", cost, 1, Number.MAX_SAFE_INTEGER);
}

function toResult({ limit }: CostedRule, { free, used, resetMs, retryAfterMs, blockedMs }: RateUse): RateLimitResult {
  return {
    allowed: free,
    limit,
    remaining: limit - used,
    resetMs,
    retryAfterMs: Math.max(retryAfterMs, blockedMs),
    blocked: blockedMs > 0,
  };
}

/** Goes on with an answer: at once when it is there, else when it comes. */
function after<A, B>(answer: A | Promise<A>, next: (answer: A) => B): B | Promise<Awaited<B>> {
  return answer instanceof Promise ? (answer.then(next) as Promise<Awaited<B>>) : next(answer);
}
