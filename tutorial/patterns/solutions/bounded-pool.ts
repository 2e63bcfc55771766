import type { Operation } from "effection";
import { useWorkerPool, type WorkerPool } from "../worker-pool.ts";

/** A pool that refuses a job when `max` others wait for a worker already. */
export function* useBoundedPool({ workers, max }: { workers: number; max: number }): Operation<WorkerPool> {
  const pool = yield* useWorkerPool({ workers });
  let inside = 0; // those that run, and those that wait
  const leave = () => {
    inside -= 1;
  };
  return {
    submit(operation) {
      if (inside >= workers + max) throw new Error(`the queue is full, ${max} wait already: submit it later`);
      const job = pool.submit(operation);
      inside += 1;
      job.then(leave, leave);
      return job;
    },
  };
}
