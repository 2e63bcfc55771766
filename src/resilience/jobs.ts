import { action, type Future, type Operation, type Scope, until } from "effection";
import { SwitchboardError, toError } from "../base/errors.ts";
import { tell } from "../base/events.ts";
import { count } from "../base/listing.ts";
import { finishesWithin, toFuture } from "../base/operations.ts";
import { checkKnownOptions, durationOption, fail, numberOption } from "../base/options.ts";
import { Job, type JobFuture, type JobOutcome } from "./job.ts";
import { JobQueue } from "./job-queue.ts";
import type { DrainReport, JobOptions, WorkerPool, WorkerPoolInspection } from "./worker-pool-contract.ts";
import type { WorkerPoolEvent, WorkerPoolSettings } from "./worker-pool-settings.ts";
import { type JobSource, jobHalted, Workers } from "./workers.ts";

const GRACE_MS = 10_000;

/** The jobs of a pool, from their coming to their end. */
export class Jobs implements WorkerPool, JobSource {
  readonly #settings: WorkerPoolSettings;
  readonly #workers: Workers;
  readonly #queue: JobQueue;
  readonly #ended = { finished: 0, failed: 0, halted: 0, refused: 0 };
  /** Who waits until nothing runs or waits. */
  readonly #drains = new Set<() => void>();
  #state: WorkerPoolInspection["state"] = "open";
  #count = 0;

  constructor(settings: WorkerPoolSettings, scope: Scope) {
    const { workers, max, whenFull } = settings;
    this.#settings = settings;
    this.#workers = new Workers(scope, workers, this);
    this.#queue = new JobQueue(max, whenFull, () => workers - this.#workers.busy);
  }

  submit<T>(operation: () => Operation<T>, options: JobOptions = {}): JobFuture<T> {
    if (typeof operation !== "function") fail("operation", "a function that returns an operation", operation);
    checkKnownOptions("submit", options, ["priority"]);
    const priority = numberOption("priority", options.priority ?? 0);
    this.#count += 1;
    const job = new Job(this.#count, priority, operation);
    const future = job.toFuture<T>(() => this.#halt(job));
    if (this.#state === "open") this.#add(job);
    else this.#refuse(job, "POOL_CLOSED", `the worker pool ${this.#state === "closed" ? "has ended" : "is drained"}`);
    return future;
  }

  drain(graceMs: number = GRACE_MS): Operation<DrainReport> {
    durationOption("graceMs", graceMs);
    return { [Symbol.iterator]: () => this.#drain(graceMs)[Symbol.iterator]() };
  }

  inspect(): WorkerPoolInspection {
    return {
      state: this.#state,
      running: this.#workers.busy,
      queued: this.#queue.size,
      outside: this.#queue.outside,
      ended: { ...this.#ended },
    };
  }

  take(): Job | undefined {
    this.#letIn();
    return this.#queue.take();
  }

  started(job: Job): void {
    this.#emit({ type: "started", job: job.id, waitedMs: job.lap() });
  }

  ended(job: Job, outcome: JobOutcome): void {
    const { type } = outcome;
    this.#ended[type] += 1;
    job.end(outcome);
    const ms = job.lap();
    if (type === "refused") this.#emit({ type, job: job.id });
    else if (type === "failed") this.#emit({ type, job: job.id, ms, ...toFailure(outcome.error) });
    else this.#emit({ type, job: job.id, ms });
    if (this.#isQuiet()) for (const done of [...this.#drains]) done();
  }

  /** Halts everything, and returns when nothing is left. */
  *close(): Operation<void> {
    this.#state = "closed";
    this.#workers.close();
    yield* until(this.#haltAll("because its pool has ended"));
  }

  #add(job: Job): void {
    const { accepted, refused } = this.#queue.add(job);
    if (accepted !== undefined) this.#accepted(accepted);
    else this.#letIn();
    if (refused === job) {
      const { max } = this.#settings;
      this.#refuse(
        job,
        "QUEUE_FULL",
        `the queue of the worker pool is full: it has room for ${count(max, "job")} (queue.max); ask again later, or raise it`,
      );
    } else if (refused !== undefined) {
      const message = `job ${refused.id} was dropped from the queue of the worker pool for one of a higher priority`;
      this.#refuse(refused, "QUEUE_FULL", message);
    }
  }

  #accepted(job: Job): void {
    job.accept();
    this.#emit({ type: "queued", job: job.id, priority: job.priority });
    this.#workers.wake();
  }

  #letIn(): void {
    for (let job = this.#queue.letIn(); job !== undefined; job = this.#queue.letIn()) this.#accepted(job);
  }

  #refuse(job: Job, code: "QUEUE_FULL" | "POOL_CLOSED", message: string): void {
    this.ended(job, { type: "refused", error: new SwitchboardError(code, message) });
  }

  #halt(job: Job): Future<void> {
    const why = "by halt()";
    if (!this.#queue.delete(job)) return toFuture(this.#workers.halt(job, why));
    this.ended(job, { type: "halted", error: jobHalted(job, why) });
    this.#letIn();
    return toFuture(Promise.resolve());
  }

  #haltAll(why: string): Promise<void> {
    for (let job = this.#queue.takeAny(); job !== undefined; job = this.#queue.takeAny()) {
      this.ended(job, { type: "halted", error: jobHalted(job, why) });
    }
    return this.#workers.haltAll(why);
  }

  *#drain(graceMs: number): Operation<DrainReport> {
    if (this.#state === "open") this.#state = "draining";
    const began = performance.now();
    const before = { ...this.#ended };
    const inTime = yield* finishesWithin(graceMs, () => this.#quiet());
    if (!inTime) yield* until(this.#haltAll("by a drain"));
    this.#state = "closed";
    const since = (type: "finished" | "failed" | "halted") => this.#ended[type] - before[type];
    const [finished, failed, halted] = [since("finished"), since("failed"), since("halted")];
    const report = { finished, failed, halted, ms: performance.now() - began };
    this.#emit({ type: "drained", ...report });
    return report;
  }

  #isQuiet(): boolean {
    return this.#workers.busy + this.#queue.size + this.#queue.outside === 0;
  }

  /** Returns when nothing runs or waits. */
  *#quiet(): Operation<void> {
    if (this.#isQuiet()) return;
    yield* action<void>((resolve) => {
      const done = () => resolve();
      this.#drains.add(done);
      return () => void this.#drains.delete(done);
    }, "drain");
  }

  #emit(event: WorkerPoolEvent): void {
    const { onEvent } = this.#settings;
    if (onEvent !== undefined) tell(onEvent, event);
  }
}

function toFailure(thrown: unknown): { error: Error; message: string } {
  const error = toError(thrown);
  return { error, message: error.message };
}
