import { checkKnownOptions, choiceOption, functionOption, integerOption } from "../base/options.ts";

/** More workers, or places, than this are a mistake in a calculation. */
const MOST = 1_000_000;

/**
 * Options of `useWorkerPool`.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A value of the wrong type or range, or an unknown option, throws `INVALID_OPTION` at the call.
 */
export interface WorkerPoolOptions {
  /** How many jobs run at once, at most. */
  workers: number;
  /** Where jobs wait for a worker. @default { max: 1000, whenFull: "reject" } */
  queue?: JobQueueOptions | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: WorkerPoolEvent) => void) | undefined;
}

/**
 * The queue of a worker pool.
 *
 * **Lifetime.** Read once, with the options of the pool.
 *
 * **Failure.** As there.
 */
export interface JobQueueOptions {
  /** How many jobs may wait, besides those that run; 0 takes a job only when a worker is free. @default 1000 */
  max?: number | undefined;
  /**
   * When there is no place: `"reject"` refuses the job. `"wait"` keeps it outside the queue until there is one, and
   * `queued` of its future tells when; wait for that, since what waits outside is not bounded. `"drop-lowest"` refuses the job
   * of the lowest priority, and among several the newest, which may be the one that comes. @default "reject"
   */
  whenFull?: "reject" | "wait" | "drop-lowest" | undefined;
}

/**
 * What happens to the jobs of a worker pool. `job` is the `id` of its future.
 *
 * **Lifetime.** Each `queued` is followed by at most one `started`, and each job has exactly one end: `finished`,
 * `failed`, `halted` or `refused`. `drained` comes last.
 *
 * **Failure.** A listener that throws is reported as a process warning.
 */
export type WorkerPoolEvent =
  /** The job has a place, or a worker that is free. */
  | { type: "queued"; job: number; priority: number }
  /** A worker begins with the job, so long after it came. */
  | { type: "started"; job: number; waitedMs: number }
  /** The job has returned, after so long. */
  | { type: "finished"; job: number; ms: number }
  /** The job has thrown, or its cleanup has. */
  | { type: "failed"; job: number; ms: number; error: Error; message: string }
  /** The job was halted, while it ran or while it waited. */
  | { type: "halted"; job: number; ms: number }
  /** There was no place for the job, or none any more. */
  | { type: "refused"; job: number }
  /** A drain has ended: how many jobs ended in which way since it began, and how long it took. */
  | { type: "drained"; finished: number; failed: number; halted: number; ms: number };

/** What a pool works with. */
export interface WorkerPoolSettings {
  workers: number;
  max: number;
  whenFull: NonNullable<JobQueueOptions["whenFull"]>;
  onEvent: ((event: WorkerPoolEvent) => void) | undefined;
}

/** Checks the options of a pool. */
export function resolveWorkerPool(options: WorkerPoolOptions): WorkerPoolSettings {
  checkKnownOptions("useWorkerPool", options, ["workers", "queue", "onEvent"]);
  const queue = options.queue ?? {};
  checkKnownOptions("queue", queue, ["max", "whenFull"]);
  return {
    workers: integerOption("workers", options.workers, 1, MOST),
    max: integerOption("queue.max", queue.max ?? 1_000, 0, MOST),
    whenFull: choiceOption("queue.whenFull", queue.whenFull ?? "reject", ["reject", "wait", "drop-lowest"]),
    onEvent: functionOption("onEvent", options.onEvent),
  };
}
