import type { Job } from "./job.ts";
import { PriorityQueue } from "./priority-queue.ts";
import type { JobQueueOptions } from "./worker-pool-settings.ts";

/** What became of a job that came, and of one that had to go for it. */
export interface Admission {
  accepted: Job | undefined;
  refused: Job | undefined;
}

/** Jobs that wait: in the queue, which has places for `max`, or outside of it for a place. */
export class JobQueue {
  readonly #max: number;
  readonly #whenFull: NonNullable<JobQueueOptions["whenFull"]>;
  /** How many workers are free. Each counts as one more place: it is on its way to take a job. */
  readonly #free: () => number;
  readonly #places = new PriorityQueue<Job>();
  readonly #outside = new PriorityQueue<Job>();

  constructor(max: number, whenFull: NonNullable<JobQueueOptions["whenFull"]>, free: () => number) {
    this.#max = max;
    this.#whenFull = whenFull;
    this.#free = free;
  }

  get size(): number {
    return this.#places.size;
  }

  get outside(): number {
    return this.#outside.size;
  }

  add(job: Job): Admission {
    // Those outside were here before.
    if (this.#outside.size === 0 && this.#hasPlace()) return { accepted: this.#put(job), refused: undefined };
    if (this.#whenFull === "wait") {
      job.waits = { queue: this.#outside, place: this.#outside.push(job, job.priority) };
      return { accepted: undefined, refused: undefined };
    }
    const { lowest } = this.#places;
    if (this.#whenFull === "reject" || lowest === undefined || lowest >= job.priority) {
      return { accepted: undefined, refused: job };
    }
    const refused = leave(this.#places.takeLowest());
    return { accepted: this.#put(job), refused };
  }

  /** Lets the first one of those outside in, if there is a place. */
  letIn(): Job | undefined {
    if (this.#outside.size === 0 || !this.#hasPlace()) return undefined;
    return this.#put(this.#outside.take() as Job);
  }

  /** The next job to run. */
  take(): Job | undefined {
    return leave(this.#places.take());
  }

  /** Any job that waits. */
  takeAny(): Job | undefined {
    return leave(this.#outside.take() ?? this.#places.take());
  }

  /** Takes this job out. Returns whether it did wait. */
  delete(job: Job): boolean {
    if (job.waits === undefined) return false;
    job.waits.queue.delete(job.waits.place);
    job.waits = undefined;
    return true;
  }

  #hasPlace(): boolean {
    return this.#places.size < this.#max + this.#free();
  }

  #put(job: Job): Job {
    job.waits = { queue: this.#places, place: this.#places.push(job, job.priority) };
    return job;
  }
}

function leave(job: Job | undefined): Job | undefined {
  if (job !== undefined) job.waits = undefined;
  return job;
}
