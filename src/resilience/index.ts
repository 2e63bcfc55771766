export { type BackoffSettings, backoffDelay } from "./backoff.ts";
export type { JobFuture } from "./job.ts";
export { createPipeline, type Pipeline, type Removable, type StageTypes } from "./pipeline.ts";
export type { PipelineStage, RetryOptions, StageEvent, StageOptions } from "./stage-settings.ts";
export { useWorkerPool } from "./worker-pool.ts";
export type { DrainReport, JobOptions, WorkerPool, WorkerPoolInspection } from "./worker-pool-contract.ts";
export type { JobQueueOptions, WorkerPoolEvent, WorkerPoolOptions } from "./worker-pool-settings.ts";
