export { type BackoffSettings, backoffDelay } from "./backoff.ts";
export {
  type CircuitBreaker,
  type CircuitOutcome,
  type CircuitState,
  type CircuitTicket,
  createCircuitBreaker,
} from "./circuit-breaker.ts";
export type { CircuitBreakerConfig, CircuitEvent, FailureRatio } from "./circuit-config.ts";
