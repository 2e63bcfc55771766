import type { Operation } from "effection";
import type { JobFuture } from "./job.ts";

/**
 * Runs jobs, a few at a time.
 *
 * **Lifetime.** That of the `useWorkerPool` that made it.
 *
 * **Failure.** What happens to a job rejects its {@link JobFuture}, and is an event. It never reaches the pool, its owner,
 * or another job.
 */
export interface WorkerPool {
  /**
   * Gives the pool a job: it runs when a worker is free, and no job of a higher priority, or of the same one and older,
   * waits. It sees the contexts of the pool's owner; what it acquires or spawns ends with it. Throws `INVALID_OPTION`.
   */
  submit<T>(operation: () => Operation<T>, options?: JobOptions): JobFuture<T>;
  /**
   * Takes no job from now on, lets those that run or wait finish for at most `graceMs` (10 s), halts the others, and
   * returns when nothing of them is left: their cleanup is waited for.
   */
  drain(graceMs?: number): Operation<DrainReport>;
  /** A snapshot for people and tests. */
  inspect(): WorkerPoolInspection;
}

/**
 * Options of one job.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A value of the wrong type or range, or an unknown option, throws `INVALID_OPTION` at the call.
 */
export interface JobOptions {
  /** Jobs of a higher priority run first, those of the same one in the order they came. Any finite number. @default 0 */
  priority?: number | undefined;
}

/**
 * How many jobs ended, and how, since a drain began.
 *
 * **Lifetime.** Made when the last job is gone; it does not change.
 *
 * **Failure.** None: plain data.
 */
export interface DrainReport {
  /** How many returned. */
  finished: number;
  /** How many threw. */
  failed: number;
  /** How many were halted: those that were cut, and those that somebody halted meanwhile. */
  halted: number;
  /** How long it took, in milliseconds. */
  ms: number;
}

/**
 * What {@link WorkerPool.inspect} gives.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: plain data.
 */
export interface WorkerPoolInspection {
  /** Whether it takes jobs; `closed` after a drain, and after the end. */
  state: "open" | "draining" | "closed";
  /** How many jobs run. */
  running: number;
  /** How many jobs have a place in the queue. */
  queued: number;
  /** How many jobs wait outside the queue for a place. */
  outside: number;
  /** How many jobs have ended so far, by how. */
  ended: { finished: number; failed: number; halted: number; refused: number };
}
