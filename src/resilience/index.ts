export { type BackoffSettings, backoffDelay } from "./backoff.ts";
export {
  type CircuitBreaker,
  type CircuitOutcome,
  type CircuitState,
  type CircuitTicket,
  createCircuitBreaker,
} from "./circuit-breaker.ts";
export type { CircuitBreakerConfig, CircuitEvent, FailureRatio } from "./circuit-config.ts";
export { type FaultSelection, Faults } from "./faults.ts";
export type { RateLimiterInspection } from "./memory-store.ts";
export type { RateLimitEvent, RateLimiterConfig, RatePenalty, RateTier } from "./rate-limit-config.ts";
export type { RateLimitStore, RateRule, RateUse } from "./rate-limit-store.ts";
export {
  createRateLimiter,
  createSharedRateLimiter,
  type LocalRateLimiter,
  type RateLimiter,
  type RateLimitOptions,
  type RateLimitResult,
} from "./rate-limiter.ts";
