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
export type { JobFuture } from "./job.ts";
export type { RateLimiterInspection } from "./memory-store.ts";
export { createPipeline, type Pipeline, type Removable, type StageTypes } from "./pipeline.ts";
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
export { createRetryBudget, type RetryBudget, type RetryBudgetConfig } from "./retry-budget.ts";
export type { PipelineStage, RetryOptions, StageEvent, StageOptions } from "./stage-settings.ts";
export { useWorkerPool } from "./worker-pool.ts";
export type { DrainReport, JobOptions, WorkerPool, WorkerPoolInspection } from "./worker-pool-contract.ts";
export type { JobQueueOptions, WorkerPoolEvent, WorkerPoolOptions } from "./worker-pool-settings.ts";
