import { ensure, type Operation, run, scoped, sleep, spawn, suspend, until, withResolvers } from "effection";
import * as real from "effection-switchboard/resilience";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as smallBreaker from "../../tutorial/patterns/circuit-breaker.ts";
import * as smallPipeline from "../../tutorial/patterns/pipeline.ts";
import * as smallLimiter from "../../tutorial/patterns/rate-limiter.ts";
import * as smallPool from "../../tutorial/patterns/worker-pool.ts";
import { scenario } from "../support/scenario.ts";

// What the pages say of both: the small ones, which readers type, and those of the library.

afterEach(() => {
  vi.useRealTimers();
});

describe.each([
  ["small", smallPool.useWorkerPool],
  ["real", real.useWorkerPool],
] as [string, typeof smallPool.useWorkerPool][])("the %s worker pool", (_which, useWorkerPool) => {
  it(
    "runs two at once, in order, and gives the place of a job on when its cleanup is done",
    scenario(function* () {
      const pool = yield* useWorkerPool({ workers: 2 });
      let inside = 0;
      let most = 0;
      const begun: number[] = [];
      const jobs = Array.from({ length: 20 }, (_, i) =>
        pool.submit(function* () {
          begun.push(i);
          inside += 1;
          most = Math.max(most, inside);
          yield* ensure(function* () {
            yield* sleep(1);
            inside -= 1;
          });
          yield* sleep(i % 3);
          return i;
        }),
      );
      expect(yield* until(Promise.all(jobs))).toEqual(begun);
      expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(most).toBe(2);
    }),
  );

  it(
    "takes a halted job out of the queue, also in the moment in which it gets its turn",
    scenario(function* () {
      const pool = yield* useWorkerPool({ workers: 1 });
      const gate = withResolvers<void>();
      const begun: string[] = [];
      const job = (name: string, operation: () => Operation<void>) =>
        pool.submit(function* () {
          begun.push(name);
          yield* operation();
        });
      const first = job("first", () => gate.operation);
      const waiting = job("waiting", () => suspend());
      const next = job("next", () => suspend());
      const last = job("last", () => sleep(0));
      yield* sleep(0);
      yield* until(waiting.halt());
      gate.resolve();
      yield* until(next.halt());
      yield* until(Promise.all([first, last]));
      expect(begun).not.toContain("waiting");
      expect(begun.at(-1)).toBe("last");
      yield* until(expect(waiting).rejects.toThrow("halted"));
    }),
  );

  it(
    "keeps the failure of a job from the others, and ends all of them with its owner",
    scenario(function* () {
      const log: string[] = [];
      let waiting: Promise<void> | undefined;
      yield* scoped(function* () {
        const pool = yield* useWorkerPool({ workers: 1 });
        const failing = pool.submit(function* () {
          yield* spawn(function* () {
            throw new Error("in the background");
          });
          yield* suspend();
        });
        yield* until(expect(failing).rejects.toThrow("in the background"));
        const begun = withResolvers<void>();
        pool.submit(function* () {
          yield* ensure(() => void log.push("cleaned"));
          begun.resolve();
          yield* suspend();
        });
        waiting = pool.submit(function* () {
          log.push("never");
        });
        yield* begun.operation;
      });
      expect(log).toEqual(["cleaned"]);
      yield* until(expect(waiting).rejects.toThrow("halted"));
    }),
  );
});

describe.each([
  ["small", smallPipeline.createPipeline],
  ["real", real.createPipeline],
] as [string, typeof smallPipeline.createPipeline][])("the %s pipeline", (_which, createPipeline) => {
  it(
    "names the stage that failed, a child of it too, when all of it is released, and runs no further one",
    scenario(function* () {
      const log: string[] = [];
      const pipeline = createPipeline<number>()
        .stage("double", function* (value) {
          return value * 2;
        })
        .stage("check", function* (value) {
          yield* ensure(() => void log.push("released"));
          yield* spawn(function* () {
            if (value > 2) throw new Error(`${value} is too much`);
          });
          yield* sleep(0);
          return String(value);
        })
        .stage("log", function* (text) {
          log.push(text);
          return text;
        });
      expect(yield* pipeline.run(1)).toBe("2");
      try {
        yield* pipeline.run(2);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ stage: "check", cause: { message: "4 is too much" } });
      }
      expect(log).toEqual(["released", "2", "released"]);
    }),
  );
});

describe.each([
  ["small", smallBreaker.createCircuitBreaker],
  [
    "real",
    (config: smallBreaker.CircuitBreakerConfig) => real.createCircuitBreaker({ ...config, successThreshold: 1 }),
  ],
] as [string, typeof smallBreaker.createCircuitBreaker][])("the %s circuit breaker", (_which, createCircuitBreaker) => {
  const works = function* () {};
  const fails = function* () {
    throw new Error("down");
  };
  /** Runs it to its end, and takes its error as a result. */
  const attempt = (breaker: smallBreaker.CircuitBreaker, operation: () => Operation<void>) =>
    run(() => breaker.execute(operation)).then(
      () => "works",
      (error: Error) => error.message,
    );

  async function opened() {
    vi.useFakeTimers({ toFake: ["performance"] });
    const breaker = createCircuitBreaker({ failureThreshold: 2, recoveryMs: 1_000 });
    await attempt(breaker, fails);
    await attempt(breaker, works);
    await attempt(breaker, fails);
    expect(breaker.state).toBe("closed");
    await attempt(breaker, fails);
    expect(breaker.state).toBe("open");
    return breaker;
  }

  it("opens by failures in a row, and closes by a probe", async () => {
    const breaker = await opened();
    expect(await attempt(breaker, works)).toMatch(/is open/);
    vi.advanceTimersByTime(1_000);
    expect(breaker.state).toBe("half-open");
    expect(await attempt(breaker, fails)).toBe("down");
    expect(breaker.state).toBe("open");
    vi.advanceTimersByTime(1_000);
    expect(await attempt(breaker, works)).toBe("works");
    expect(breaker.state).toBe("closed");
  });

  it("counts what was halted as neither, lets one probe through at a time, and the next when it was halted", async () => {
    const breaker = await opened();
    vi.advanceTimersByTime(1_000);
    const probe = run(() => breaker.execute(() => suspend()));
    expect(await attempt(breaker, works)).toMatch(/open/);
    await probe.halt();
    expect(breaker.state).toBe("half-open");
    expect(await attempt(breaker, works)).toBe("works");
    for (let i = 0; i < 5; i += 1) await run(() => breaker.execute(() => suspend())).halt();
    expect(breaker.state).toBe("closed");
  });

  it("does not count what was let through before it opened", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 1_000 });
    const answers = [withResolvers<void>(), withResolvers<void>()];
    const late = answers.map(({ operation }) => attempt(breaker, () => operation));
    await attempt(breaker, fails);
    answers[0]?.resolve();
    expect(await late[0]).toBe("works");
    expect(breaker.state).toBe("open");
    vi.advanceTimersByTime(1_000);
    answers[1]?.reject(new Error("down"));
    expect(await late[1]).toBe("down");
    expect(breaker.state).toBe("half-open");
  });
});

describe.each([
  ["small", smallLimiter.createRateLimiter],
  ["real", real.createRateLimiter],
] as [string, typeof smallLimiter.createRateLimiter][])("the %s rate limiter", (_which, createRateLimiter) => {
  it("lets as many through in any window as it may, no more and no fewer, and says when the next one may come", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const step = fc.record({ waitMs: fc.constantFrom(0, 0, 1, 25, 50, 100), key: fc.constantFrom("ann", "bob") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const limiter = createRateLimiter({ limit, windowMs: 100 });
        const taken = new Map<string, number[]>([
          ["ann", []],
          ["bob", []],
        ]);
        for (const { waitMs, key } of steps) {
          vi.advanceTimersByTime(waitMs);
          const now = performance.now();
          const times = taken.get(key) ?? [];
          const counting = times.filter((time) => now - time < 100);
          const { allowed, retryAfterMs } = limiter.consume(key);
          expect(allowed).toBe(counting.length < limit);
          expect(retryAfterMs).toBeCloseTo(allowed ? 0 : (counting[0] ?? 0) + 100 - now);
          if (allowed) times.push(now);
        }
      }),
    );
  });
});

describe("the small rate limiter", () => {
  it("forgets keys of which nothing counts any more, whoever else keeps coming", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const limiter = smallLimiter.createRateLimiter({ limit: 2, windowMs: 100 });
    for (const key of ["ann", "bob", "cem"]) limiter.consume(key);
    for (let i = 0; i < 3; i += 1) {
      vi.advanceTimersByTime(50);
      limiter.consume("ann");
    }
    expect(limiter.inspect().keys).toBe(1);
  });
});
