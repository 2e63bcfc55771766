export { type BackoffSettings, backoffDelay } from "./backoff.ts";
export { type FaultSelection, Faults } from "./faults.ts";
