import type { Future, Operation } from "effection";
import { createSettled } from "../base/operations.ts";
import type { Place, PriorityQueue } from "./priority-queue.ts";

/**
 * The result of a job to come: await it, or yield it.
 *
 * **Lifetime.** The job belongs to the pool, not to whoever submitted it. Where an operation that is halted should take
 * its job along: `yield* ensure(() => job.halt())`.
 *
 * **Failure.** Rejects with what the job threw; with `QUEUE_FULL` or `POOL_CLOSED` when the pool did not take it; with
 * `JOB_HALTED` when it was halted, by `halt`, a drain, or the end of the pool. Nobody has to look: each is an event, too.
 */
export interface JobFuture<T> extends Future<T> {
  /** Counts the jobs of a pool, from 1 on; events name it. */
  readonly id: number;
  /** Resolves when the job has a place: with `whenFull: "wait"`, what a producer waits for before its next job. */
  readonly queued: Future<void>;
  /**
   * Takes a waiting job out of the queue, and halts a running one; begins at once, and resolves when nothing of the job
   * is left. A job that has ended stays as it is.
   */
  halt(): Future<void>;
}

/** How a job ended. */
export type JobOutcome =
  | { type: "finished"; value: unknown }
  | { type: "failed"; error: unknown }
  | { type: "halted"; error: Error }
  | { type: "refused"; error: Error };

/** One job, as its pool sees it. */
export class Job {
  readonly id: number;
  readonly priority: number;
  readonly operation: () => Operation<unknown>;
  /** Where it waits, while it does. */
  waits: { queue: PriorityQueue<Job>; place: Place<Job> } | undefined;
  readonly #result = createSettled<unknown>();
  readonly #queued = createSettled<void>();
  /** When its present state began, on the clock of `performance.now()`. */
  #since = performance.now();

  constructor(id: number, priority: number, operation: () => Operation<unknown>) {
    this.id = id;
    this.priority = priority;
    this.operation = operation;
  }

  toFuture<T>(halt: () => Future<void>): JobFuture<T> {
    const result = this.#result.future as Future<T>;
    return Object.assign(result, { id: this.id, queued: this.#queued.future, halt });
  }

  accept(): void {
    this.#queued.resolve();
  }

  end(outcome: JobOutcome): void {
    if (outcome.type === "finished") {
      this.#result.resolve(outcome.value);
    } else {
      this.#result.reject(outcome.error);
      this.#queued.reject(outcome.error);
    }
  }

  /** Milliseconds since it came, or since the last call. */
  lap(): number {
    const since = this.#since;
    this.#since = performance.now();
    return this.#since - since;
  }
}
