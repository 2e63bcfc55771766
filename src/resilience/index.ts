export { type BackoffSettings, backoffDelay } from "./backoff.ts";
export type { JobFuture } from "./job.ts";
export { useWorkerPool } from "./worker-pool.ts";
export type { DrainReport, JobOptions, WorkerPool, WorkerPoolInspection } from "./worker-pool-contract.ts";
export type { JobQueueOptions, WorkerPoolEvent, WorkerPoolOptions } from "./worker-pool-settings.ts";
