/**
 * What a pattern adds to an operation: microseconds each, the median of rounds. `patterns.ts <rounds>`
 */
import { type Operation, run, until } from "effection";
import { createPipeline, useWorkerPool } from "../../../src/resilience/index.ts";
import { median } from "../rounds.ts";
import { report } from "./program.ts";

/** What this program reports: microseconds by contestant. */
export type Patterns = Record<string, number>;

/** How many operations make a round. */
const MANY = 2_000;
const WARM_UP = 2;

/** An operation that waits for a moment, as most do. */
function* work(): Operation<void> {
  yield* until(Promise.resolve());
}

const never = () => until(new Promise(() => {}));

const contestants: Record<string, () => Operation<void>> = {
  "the operation alone": function* () {
    for (let i = 0; i < MANY; i += 1) yield* work();
  },
  "worker pool, a job of many": function* () {
    const pool = yield* useWorkerPool({ workers: 8, queue: { max: MANY } });
    yield* until(Promise.all(Array.from({ length: MANY }, () => pool.submit(work))));
  },
  "worker pool, one job after the other": function* () {
    const pool = yield* useWorkerPool({ workers: 8 });
    for (let i = 0; i < MANY; i += 1) yield* pool.submit(work);
  },
  "worker pool, a job that is halted": function* () {
    const pool = yield* useWorkerPool({ workers: 8 });
    for (let i = 0; i < MANY; i += 1) {
      const job = pool.submit(never);
      yield* until(Promise.resolve());
      yield* job.halt();
    }
  },
  "pipeline, a stage": function* () {
    const pipeline = createPipeline<void>().stage("work", work);
    for (let i = 0; i < MANY; i += 1) yield* pipeline.run();
  },
  "pipeline, a stage with timeout, retry and concurrency": function* () {
    const options = { timeoutMs: 10_000, retry: { attempts: 3 }, concurrency: 8 };
    const pipeline = createPipeline<void>().stage("work", work, options);
    for (let i = 0; i < MANY; i += 1) yield* pipeline.run();
  },
};

const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
const rounds = Number(process.argv[2]);
for (let round = 0; round < WARM_UP + rounds; round += 1) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const since = performance.now();
    await run(contestant);
    if (round >= WARM_UP) times.get(name)?.push(((performance.now() - since) * 1_000) / MANY);
  }
}
report(Object.fromEntries([...times].map(([name, of]) => [name, median(of)])) satisfies Patterns);
