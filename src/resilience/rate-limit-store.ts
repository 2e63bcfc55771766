/**
 * A limit that a store counts for: never more than `limit` places of a key in any `windowMs`.
 *
 * **Lifetime.** The same for as long as the limiter lives.
 *
 * **Failure.** None: plain data, checked by the limiter.
 */
export interface RateRule {
  /** Tells the rules of a limiter apart: `default`, the name of a tier, or empty for the refusals of a penalty. */
  readonly name: string;
  /** How many places there are. */
  readonly limit: number;
  /** For how long a place is taken. */
  readonly windowMs: number;
}

/**
 * How a key stands with a {@link RateRule}, at one moment.
 *
 * **Lifetime.** Of that moment.
 *
 * **Failure.** None: plain data.
 */
export interface RateUse {
  /** Whether the places that were asked for were free, and the key is not blocked. */
  free: boolean;
  /** How many places are taken, with those that were just taken. */
  used: number;
  /** Until all places are free. */
  resetMs: number;
  /** Until the places that were asked for are free; 0 when they were, `Infinity` for more than there are. */
  retryAfterMs: number;
  /** Until the key is no longer blocked; 0 when it is not. */
  blockedMs: number;
}

/**
 * Where a rate limiter keeps what it knows. The one in memory answers at once; one that many processes share answers
 * with a promise, and does each call in one atomic step, such as a script in Redis. Both count alike: for each key and
 * rule a ring of a few entries, each a time and a number of places. Requests of the same tenth of the window share an
 * entry, which has the time of the latest of them and counts for `windowMs` after it.
 *
 * **Lifetime.** It outlives the limiter that uses it. It may forget a key once nothing of it counts.
 *
 * **Failure.** What it throws or rejects with is what the call of the limiter does: whether requests are let through
 * then is the decision of who calls.
 */
export interface RateLimitStore<Answer extends RateUse | Promise<RateUse> = RateUse | Promise<RateUse>> {
  /** Takes `cost` places, if they are free and the key is not blocked. */
  take(rule: RateRule, key: string, cost: number): Answer;
  /** The same, without taking any. */
  look(rule: RateRule, key: string, cost: number): Answer;
  /** Refuses the key for `ms` from now, whatever the rule; 0 lifts that. */
  block(key: string, ms: number): Answer extends RateUse ? void : Promise<void>;
}
