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
import type { RateRule } from "./rate-limit-store.ts";

/**
 * What happens at a rate limiter.
 *
 * **Lifetime.** Told before the call that caused it returns.
 *
 * **Failure.** A listener that throws is reported as a process warning, and changes nothing.
 */
export type RateLimitEvent =
  /** The key is refused for this long: by the penalty, or by `block`. */
  { type: "blocked"; key: string; ms: number };

/**
 * A limit of its own for some requests, such as those that write. Each tier counts for itself.
 *
 * **Lifetime.** Read once, by the limiter.
 *
 * **Failure.** A wrong or unknown field throws `INVALID_OPTION` there.
 */
export interface RateTier {
  /** How many places each key has. */
  limit: number;
  /** For how long a request takes its place. */
  windowMs: number;
  /** How many places a request takes, unless the call says another number; 1 when left out. */
  cost?: number | undefined;
}

/**
 * When refused requests lead to a block: `after` of them within `withinMs`, for `blockMs`, over all tiers. Requests
 * that are refused by a block do not count. Who is refused again after the block, and has not waited for `withinMs`,
 * is blocked again at once.
 *
 * **Lifetime.** Read once, by the limiter.
 *
 * **Failure.** A wrong or unknown field throws `INVALID_OPTION` there.
 */
export interface RatePenalty {
  /** How many refusals lead to a block. */
  after: number;
  /** How far back they count. */
  withinMs: number;
  /** For how long the key is refused then. */
  blockMs: number;
}

/**
 * Options of {@link createRateLimiter}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface RateLimiterConfig {
  /** How many places each key has in any window. A request takes one, unless it says more. */
  limit: number;
  /** How long the window is. */
  windowMs: number;
  /**
   * How many keys are remembered, for each tier; then the one that was used least recently is forgotten, and begins
   * anew. Not for a store of your own.
   * @default 100000
   */
  maxKeys?: number | undefined;
  /** Limits by the name of a tier, for calls that name one; all others are of the tier `default`. @default none */
  tiers?: Readonly<Record<string, RateTier>> | undefined;
  /** Blocks keys that are refused again and again. @default none */
  penalty?: RatePenalty | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: RateLimitEvent) => void) | undefined;
}

/** A rule, and what a request costs by it. */
export interface CostedRule extends RateRule {
  readonly cost: number;
}

/** A {@link RateLimiterConfig} that was checked, with its defaults. */
export interface RateLimiterSettings extends Resolved<Pick<RateLimiterConfig, "maxKeys" | "onEvent">> {
  base: CostedRule;
  tiers: ReadonlyMap<string, CostedRule>;
  penalty: { refusals: RateRule; blockMs: number } | undefined;
}

const OPTIONS: readonly (keyof RateLimiterConfig)[] = ["limit", "windowMs", "maxKeys", "tiers", "penalty", "onEvent"];
/** What a count of four bytes can hold. */
const MOST = 2 ** 32 - 1;
/** How many keys a Map can hold. */
const MOST_KEYS = 2 ** 24;

/** Checks every option. */
export function resolveRateLimiter(config: RateLimiterConfig): RateLimiterSettings {
  checkKnownOptions("createRateLimiter", config, OPTIONS);
  const { limit, windowMs, penalty } = config;
  const base = toRule("default", "", { limit, windowMs });
  return {
    base,
    tiers: new Map([["default", base], ...tiersOption(config.tiers ?? {})]),
    maxKeys: integerOption("maxKeys", config.maxKeys ?? 100_000, 1, MOST_KEYS),
    penalty: penalty === undefined ? undefined : penaltyOption(penalty),
    onEvent: functionOption("onEvent", config.onEvent) ?? noop,
  };
}

function tiersOption(tiers: Readonly<Record<string, RateTier>>): [string, CostedRule][] {
  if (typeof tiers !== "object" || tiers === null) fail("tiers", "an object of tiers by their names", tiers);
  return Object.entries(tiers).map(([name, tier]) => {
    textOption("the name of a tier", name);
    if (name === "default") fail("tiers", "without `default`, which is the limit of the limiter itself", tiers);
    checkKnownOptions(`tiers.${name}`, tier, ["limit", "windowMs", "cost"]);
    return [name, toRule(name, `tiers.${name}.`, tier)];
  });
}

function toRule(name: string, path: string, { limit, windowMs, cost }: RateTier): CostedRule {
  integerOption(`${path}limit`, limit, 1, MOST);
  durationOption(`${path}windowMs`, windowMs, 1);
  return { name, limit, windowMs, cost: integerOption(`${path}cost`, cost ?? 1, 1, limit) };
}

function penaltyOption(penalty: RatePenalty): { refusals: RateRule; blockMs: number } {
  checkKnownOptions("penalty", penalty, ["after", "withinMs", "blockMs"]);
  const { after, withinMs, blockMs } = penalty;
  return {
    refusals: {
      name: "",
      limit: integerOption("penalty.after", after, 1, MOST),
      windowMs: durationOption("penalty.withinMs", withinMs, 1),
    },
    blockMs: durationOption("penalty.blockMs", blockMs, 1),
  };
}
