import { ensure, type Operation, resource } from "effection";
import { useTaskScope } from "../base/operations.ts";
import { Jobs } from "./jobs.ts";
import type { WorkerPool } from "./worker-pool-contract.ts";
import { resolveWorkerPool, type WorkerPoolOptions } from "./worker-pool-settings.ts";

/**
 * A pool of workers, with a bounded queue.
 *
 * **Lifetime.** Ready at once. When the caller ends, no job begins any more, and every job is halted, all in
 * parallel; call `drain` before, for jobs that are to finish. After that `submit` rejects with `POOL_CLOSED`.
 *
 * **Failure.** Throws `INVALID_OPTION` at the call. A job that fails ends alone. The worker of a job that is halted goes
 * with it, and another one takes its place.
 *
 * ```ts
 * const pool = yield* useWorkerPool({ workers: 4, queue: { max: 100, whenFull: "wait" } });
 * const page = yield* pool.submit(() => download(url), { priority: 1 });
 * yield* pool.drain(5_000);
 * ```
 */
export function useWorkerPool(options: WorkerPoolOptions): Operation<WorkerPool> {
  const settings = resolveWorkerPool(options);
  return resource(function* (provide) {
    // Acquired before the ensure below: its tasks outlive what the ensure does with them.
    const jobs = new Jobs(settings, yield* useTaskScope());
    yield* ensure(() => jobs.close());
    yield* provide(jobs);
  });
}
