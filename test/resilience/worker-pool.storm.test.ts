import { run, sleep, spawn, suspend, until } from "effection";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type JobFuture,
  useWorkerPool,
  type WorkerPoolEvent,
  type WorkerPoolOptions,
} from "../../src/resilience/index.ts";
import { scenario } from "../support/scenario.ts";

/** What a job does, and who halts it. */
interface Plan {
  priority: number;
  kind: "returns" | "waits" | "throws" | "child throws" | "never ends";
  halted: boolean;
}

const ENDS: Record<Plan["kind"], string[]> = {
  returns: ["finished"],
  waits: ["finished"],
  throws: ["failed"],
  "child throws": ["failed"],
  "never ends": [],
};

/** Those that plans have, in the order in which they are to run. */
const PRIORITIES = [2, 1, 0, -1, -2];

/** What is wrong, if anything, when all jobs have ended. */
function findFaults(
  plans: readonly Plan[],
  events: readonly WorkerPoolEvent[],
  runs: readonly number[],
  workers: number,
) {
  const faults: string[] = [];
  const states = new Map<number, string>();
  const lines = PRIORITIES.map(() => ({ jobs: [] as number[], head: 0 }));
  /** Who is the next of this priority: those that left the queue in another way are passed over. */
  const firstOf = (line: { jobs: number[]; head: number }) => {
    while (line.head < line.jobs.length && states.get(line.jobs[line.head] as number) !== "queued") line.head += 1;
    return line.jobs[line.head];
  };
  let running = 0;
  for (const event of events.filter((one) => one.type !== "drained")) {
    const { type, job } = event;
    const before = states.get(job);
    if (type === "started") {
      const next = lines.map(firstOf).find((first) => first !== undefined);
      if (next !== job) faults.push(`job ${job} began before job ${next}`);
      running += 1;
      if (running > workers) faults.push(`job ${job} was one too many`);
    } else if (before === "started") {
      running -= 1;
    }
    if (type === "queued") lines[PRIORITIES.indexOf(event.priority)]?.jobs.push(job);
    if (before !== undefined && before !== "queued" && before !== "started")
      faults.push(`job ${job}: ${before}, ${type}`);
    states.set(job, type);
  }
  for (const [i, { kind, halted }] of plans.entries()) {
    const end = states.get(i + 1) ?? "lost";
    const fits = [...ENDS[kind], "refused", ...(halted ? ["halted"] : [])];
    if (!fits.includes(end)) faults.push(`job ${i + 1}, which ${kind}, is ${end}`);
    const least = end === "finished" || end === "failed" ? 1 : 0;
    const ran = runs[i] ?? 0;
    if (ran < least || ran > 1) faults.push(`job ${i + 1} is ${end}, and ran ${ran} times`);
  }
  return faults.slice(0, 10);
}

function* play(options: WorkerPoolOptions, plans: readonly Plan[], haltMore: () => boolean) {
  const events: WorkerPoolEvent[] = [];
  const runs = plans.map(() => 0);
  const pool = yield* useWorkerPool({ ...options, onEvent: (event) => void events.push(event) });
  const halts: Promise<void>[] = [];
  const running: JobFuture<unknown>[] = [];
  const jobs = plans.map(({ kind, priority, halted }, i) => {
    const job = pool.submit(
      function* () {
        runs[i] = (runs[i] ?? 0) + 1;
        if (halted) running.push(job);
        if (kind === "waits") yield* sleep(0);
        if (kind === "throws") throw new Error("thrown");
        if (kind === "child throws") {
          yield* spawn(function* () {
            throw new Error("child");
          });
          yield* suspend();
        }
        if (kind === "never ends") yield* suspend();
      },
      { priority },
    );
    if (halted && haltMore()) halts.push(job.halt());
    return job;
  });
  // The halter: it halts while others run, and whoever would never end.
  yield* spawn(function* () {
    for (;;) {
      for (const job of running.splice(0)) halts.push(job.halt());
      yield* until(new Promise((resolve) => setImmediate(resolve)));
    }
  });
  const results = yield* until(Promise.allSettled(jobs));
  yield* until(Promise.all(halts));
  expect(pool.inspect()).toMatchObject({ running: 0, queued: 0, outside: 0 });
  const { finished } = pool.inspect().ended;
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(finished);
  return { events, runs, ended: pool.inspect().ended };
}

describe("a worker pool", () => {
  const plan = fc
    .record({
      priority: fc.integer({ min: -2, max: 2 }),
      kind: fc.constantFrom("returns", "waits", "throws", "child throws", "never ends") as fc.Arbitrary<Plan["kind"]>,
      halted: fc.boolean(),
    })
    .map((one) => ({ ...one, halted: one.halted || one.kind === "never ends" }));

  it("loses no job, runs none twice, and keeps the order, whatever the jobs do", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom("reject", "wait", "drop-lowest") as fc.Arbitrary<"reject" | "wait" | "drop-lowest">,
        fc.array(plan, { maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        async (workers, max, whenFull, plans, early) => {
          await run(function* () {
            const halts = () => early.next().value as boolean;
            const { events, runs } = yield* play({ workers, queue: { max, whenFull } }, plans, halts);
            expect(findFaults(plans, events, runs, workers)).toEqual([]);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it(
    "does 100,000 jobs with 8 workers through crashes and halts: none lost, none twice, in order",
    scenario(function* () {
      let seed = 42;
      const random = () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return seed / 2 ** 31;
      };
      const plans = Array.from({ length: 100_000 }, (): Plan => {
        const dice = random();
        const kind =
          dice < 0.02
            ? "never ends"
            : dice < 0.1
              ? "throws"
              : dice < 0.12
                ? "child throws"
                : dice < 0.2
                  ? "waits"
                  : "returns";
        return { priority: Math.floor(random() * 3), kind, halted: kind === "never ends" || random() < 0.05 };
      });
      const { events, runs, ended } = yield* play({ workers: 8, queue: { max: 100_000 } }, plans, () => random() < 0.5);
      expect(findFaults(plans, events, runs, 8)).toEqual([]);
      expect(ended.finished + ended.failed + ended.halted).toBe(100_000);
      for (const some of [ended.finished, ended.failed, ended.halted]) expect(some).toBeGreaterThan(1_000);
      expect(ended.refused).toBe(0);
    }),
    120_000, // it takes some seconds, and the machine may have other things to do
  );
});
