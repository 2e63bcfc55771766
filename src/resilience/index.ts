export { type BackoffSettings, backoffDelay } from "./backoff.ts";
