import { action, type Operation, type Scope, scoped, type Task } from "effection";
import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import type { Job, JobOutcome } from "./job.ts";

/** Where workers get their jobs from, and who hears of them. */
export interface JobSource {
  /** The next job; `undefined` when there is none. */
  take(): Job | undefined;
  started(job: Job): void;
  /** Told exactly once for each job that has started. */
  ended(job: Job, outcome: JobOutcome): void;
}

interface Worker {
  job: Job | undefined;
  task: Task<void> | undefined;
  /** Why its job is halted: the worker ends with it. */
  halting: string | undefined;
  gone: Promise<void>;
  leave(): void;
}

/** After so many jobs in a row a worker lets timers and sockets have their turn: jobs that never wait would not. */
const ROW = 50;

/**
 * At most `max` workers, each a task that runs one job after the other.
 *
 * **Lifetime.** A worker comes when it is needed first, and stays. One whose job is halted ends with it, and another one
 * takes its place. **Failure.** That of a job ends the job alone.
 */
export class Workers {
  busy = 0;
  readonly #scope: Scope;
  readonly #max: number;
  readonly #source: JobSource;
  readonly #workers = new Set<Worker>();
  readonly #byJob = new Map<Job, Worker>();
  /** How to wake those that wait for a job. */
  readonly #idle = new Set<() => void>();
  #closed = false;

  constructor(scope: Scope, max: number, source: JobSource) {
    this.#scope = scope;
    this.#max = max;
    this.#source = source;
  }

  /** There is a job: one more worker is to look for it. None of them is needed when all are at work: they look again. */
  wake(): void {
    if (this.#closed) return;
    const [wake] = this.#idle;
    if (wake !== undefined) wake();
    else if (this.#workers.size < this.#max) this.#hire();
  }

  /** Halts the job if it runs. Resolves when nothing of it is left. */
  halt(job: Job, why: string): Promise<void> {
    const worker = this.#byJob.get(job);
    if (worker === undefined) return Promise.resolve();
    if (worker.halting === undefined) {
      worker.halting = why;
      worker.task?.halt().catch(noop); // what the job's cleanup throws is told as the outcome of the job
    }
    return worker.gone;
  }

  /** Halts every job that runs, all at once. */
  async haltAll(why: string): Promise<void> {
    await Promise.all([...this.#byJob.keys()].map((job) => this.halt(job, why)));
  }

  /** No job begins any more. */
  close(): void {
    this.#closed = true;
  }

  #hire(): void {
    let leave: () => void = noop;
    const gone = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const worker: Worker = { job: undefined, task: undefined, halting: undefined, gone, leave };
    this.#workers.add(worker);
    worker.task = this.#scope.run(() => this.#work(worker));
    if (worker.halting !== undefined) worker.task.halt().catch(noop); // by its job, before there was a task to halt
  }

  *#work(worker: Worker): Operation<void> {
    try {
      let row = 0;
      while (!this.#closed && worker.halting === undefined) {
        const job = row < ROW ? this.#source.take() : undefined;
        if (job !== undefined) yield* this.#run(job, worker);
        else if (row < ROW) yield* this.#nextWake();
        else yield* nextTurn();
        row = job === undefined ? 0 : row + 1;
      }
    } finally {
      this.#workers.delete(worker);
      worker.leave();
      this.wake();
    }
  }

  *#run(job: Job, worker: Worker): Operation<void> {
    this.#byJob.set(job, worker);
    this.busy += 1;
    let outcome: JobOutcome | undefined;
    try {
      this.#source.started(job);
      if (worker.halting !== undefined) return;
      const value = yield* scoped(job.operation);
      // A `finally` of the job that yields loses the halt: its end is no result then.
      if (worker.halting === undefined) outcome = { type: "finished", value };
    } catch (error) {
      outcome = { type: "failed", error };
    } finally {
      this.busy -= 1;
      this.#byJob.delete(job);
      this.#source.ended(job, outcome ?? { type: "halted", error: jobHalted(job, worker.halting) });
    }
  }

  #nextWake(): Operation<void> {
    return action((resolve) => {
      const wake = () => {
        this.#idle.delete(wake);
        resolve();
      };
      this.#idle.add(wake);
      return () => void this.#idle.delete(wake);
    }, "next job");
  }
}

/** What a job rejects with that was halted. */
export function jobHalted({ id }: Job, why = "with its pool"): SwitchboardError {
  return new SwitchboardError("JOB_HALTED", `job ${id} was halted ${why}`);
}

function nextTurn(): Operation<void> {
  return action((resolve) => {
    const turn = setImmediate(resolve);
    return () => clearImmediate(turn);
  }, "next turn");
}
