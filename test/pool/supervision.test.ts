import { ensure, suspend, until } from "effection";
import { describe, expect, it, vi } from "vitest";
import type { AppFactory } from "../../src/index.ts";
import { controlTime, crash, crashing, later } from "../support/crash.ts";
import { createGate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

const codeOf = (start: PromiseLike<unknown>) =>
  until(
    start.then(
      () => "started",
      ({ code }) => code as string,
    ),
  );

controlTime();

describe("a server that crashes", () => {
  it("starts again with the next request after the backoff, when it is transient", async () => {
    await withPool({ app: crashing }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      expect(yield* until(crash(pool, log, "shop"))).toEqual({
        type: "backing-off",
        hostname: "shop",
        failures: 1,
        delayMs: 100,
      });
      yield* later(99);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("BACKING_OFF");
      yield* later(10_000);
      expect(log.lines("started")).toEqual(["started shop"]);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("started");
    });
  });

  it("starts again by itself after the backoff, when it is permanent", async () => {
    await withPool({ app: crashing, restart: { policy: "permanent" } }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      for (const [attempt, delayMs] of [
        [1, 100],
        [2, 200],
      ]) {
        yield* until(log.next("started", "shop"));
        const next = yield* until(crash(pool, log, "shop"));
        expect(next).toEqual({ type: "restarting", hostname: "shop", attempt, delayMs });
        expect(pool.inspect().refused).toMatchObject([{ hostname: "shop", state: "backing-off", failures: attempt }]);
        yield* later(delayMs as number);
      }
      yield* until(log.next("started", "shop"));
      expect(pool.inspect()).toMatchObject({ backingOff: 0, servers: [{ hostname: "shop", restarts: 2 }] });
    });
  });

  it("starts again although the timer is a moment early", async () => {
    await withPool({ app: crashing, restart: { policy: "permanent" } }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
      const now = performance.now.bind(performance);
      const late = vi.spyOn(performance, "now").mockImplementation(() => now() - 1);
      yield* later(100);
      yield* later(1);
      expect(log.lines("starting")).toHaveLength(2);
      late.mockRestore();
    });
  });

  it("has failed at once when it is temporary, and gets a trial after the cool-down", async () => {
    const restart = { policy: "temporary", coolDownMs: 5_000 } as const;
    await withPool({ app: crashing, restart }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "failed", retryAfterMs: 5_000 });
      yield* until(
        expect(pool.getOrCreate("shop")).rejects.toMatchObject({
          code: "FAILED",
          message: `"shop" has failed and is not started for now: the server of "shop" closed although nobody stopped it; one trial start is possible in 5000 ms`,
        }),
      );
      yield* later(5_000);
      expect(log.lines("starting")).toHaveLength(1);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("started");
    });
  });

  it("is not started again when it was asked to stop, whatever its policy", async () => {
    await withPool({ app: crashing, restart: { policy: "permanent" } }, function* (pool, log) {
      yield* (yield* pool.getOrCreate("shop")).task.halt();
      yield* pool.getOrCreate("shop");
      yield* pool.shutdown("shop");
      yield* later(60_000);
      expect(log.lines("started")).toHaveLength(2);
    });
  });

  it("is not started again after a shutdown that finds it waiting for that", async () => {
    await withPool({ app: crashing, restart: { policy: "permanent" } }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
      yield* pool.shutdown("shop");
      expect(vi.getTimerCount()).toBe(0);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("started");
    });
  });

  it("waits for nothing any more when the pool ends", async () => {
    await withPool({ app: crashing, restart: { policy: "permanent" } }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
    });
  });
});

describe("a server that keeps crashing", () => {
  const restart = { maxRestarts: 2, withinMs: 10_000, coolDownMs: 20_000 };

  it("has failed beyond the intensity, gets one trial after the cool-down, and recovers", async () => {
    await withPool({ app: crashing, restart }, function* (pool, log) {
      for (const delay of [100, 200]) {
        yield* pool.getOrCreate("shop");
        expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "backing-off" });
        yield* later(delay);
      }
      yield* pool.getOrCreate("shop");
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({
        type: "failed",
        message: `the server of "shop" closed although nobody stopped it`,
        retryAfterMs: 20_000,
      });
      expect(pool.inspect()).toMatchObject({
        backingOff: 0,
        failed: 1,
        refused: [{ hostname: "shop", state: "failed", failures: 3, retryAfterMs: 20_000, pinned: false }],
      });
      yield* later(19_999);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("FAILED");
      yield* later(1);
      const trials = yield* until(Promise.all(Array.from({ length: 50 }, () => pool.getOrCreate("shop"))));
      expect(new Set(trials).size).toBe(1);
      expect(log.lines("starting")).toHaveLength(4);
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "failed", retryAfterMs: 20_000 });
      yield* later(20_000);
      yield* pool.getOrCreate("shop");
      yield* later(9_999);
      expect(log.lines("recovered")).toEqual([]);
      yield* later(1);
      expect(log.all.at(-1)).toEqual({ type: "recovered", hostname: "shop", afterMs: 50_300 });
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "backing-off", failures: 1 });
    });
  });

  it("makes its trial by itself when it is permanent", async () => {
    const app: AppFactory = () => {
      throw new Error("no database\n    at secret");
    };
    await withPool({ app, restart: { ...restart, policy: "permanent" } }, function* (pool, log) {
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("START_FAILED");
      yield* later(100);
      yield* later(200);
      yield* until(log.next("failed", "shop"));
      yield* until(
        expect(pool.getOrCreate("shop")).rejects.toMatchObject({
          code: "FAILED",
          message: `"shop" has failed 3 times and is not started for now: no database; one trial start is possible in 20000 ms`,
          retryAfterMs: 20_000,
        }),
      );
      yield* later(20_000);
      yield* until(log.next("failed", "shop"));
      expect(log.lines("starting")).toHaveLength(4);
    });
  });

  it("is judged by a clock that does not jump when that of the machine does", async () => {
    await withPool({ app: crashing, restart }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
      const jumped = vi.spyOn(Date, "now").mockReturnValue(0);
      yield* later(100);
      expect(yield* codeOf(pool.getOrCreate("shop"))).toBe("started");
      yield* later(10_000);
      expect(log.lines("recovered")).toEqual(["recovered shop"]);
      jumped.mockRestore();
    });
  });

  it("has not recovered when it is stopped before it has run for long enough", async () => {
    await withPool({ app: crashing, restart }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
      yield* later(100);
      yield* (yield* pool.getOrCreate("shop")).task.halt();
      yield* until(log.next("stopped", "shop"));
      yield* later(60_000);
      expect(log.lines("recovered")).toEqual([]);
      yield* pool.getOrCreate("shop");
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "backing-off", failures: 2 });
    });
  });

  it("refuses who waited for the end of the one that failed, and does not call that a failure", async () => {
    const cleaning = createGate();
    const cleaned = createGate();
    const app: AppFactory = function* ({ server }) {
      yield* ensure(function* () {
        cleaning.open();
        yield* until(cleaned.promise);
      });
      server.on("crash", () => server.close());
      return () => {};
    };
    await withPool({ app, restart: { ...restart, maxRestarts: 0 } }, function* (pool, log) {
      const { server } = yield* pool.getOrCreate("shop");
      server.emit("crash");
      yield* until(cleaning.promise);
      const next = codeOf(pool.getOrCreate("shop"));
      cleaned.open();
      expect(yield* next).toBe("FAILED");
      expect(log.lines("error", "failed")).toEqual(["error shop", "failed shop"]);
    });
  });

  it("may crash as often as it likes when that is seldom enough", async () => {
    await withPool({ app: crashing, restart: { ...restart, maxRestarts: 1 } }, function* (pool, log) {
      for (let i = 0; i < 5; i += 1) {
        yield* pool.getOrCreate("shop");
        yield* later(10_000);
        expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "backing-off", failures: 1 });
        yield* later(100);
      }
    });
  });
});

describe("a start that takes too long", () => {
  it("is tried again by itself while its cleanup goes on, one at a time", async () => {
    let live = 0;
    const app: AppFactory = function* () {
      live += 1;
      expect(live).toBe(1);
      try {
        yield* suspend();
      } finally {
        live -= 1;
      }
      return undefined;
    };
    const restart = { policy: "permanent", maxRestarts: 1 } as const;
    await withPool({ app, startTimeoutMs: 50, restart }, function* (pool, log) {
      const first = codeOf(pool.getOrCreate("shop"));
      yield* later(50);
      expect(yield* first).toBe("START_TIMEOUT");
      yield* later(100);
      yield* later(50);
      yield* until(log.next("failed", "shop"));
      expect(log.lines("starting", "restarting", "failed")).toEqual([
        "starting shop",
        "restarting shop",
        "starting shop",
        "failed shop",
      ]);
    });
  });
});

describe("the memory of failures", () => {
  it("is bounded, and gives up restarts with the names that it forgets, but not those of pinned names", async () => {
    const app: AppFactory = ({ hostname }) => {
      throw new Error(`no ${hostname}`);
    };
    const restart = { policy: "permanent" } as const;
    await withPool({ app, maxServers: 2, restart, pinned: ["kept"] }, function* (pool, log) {
      yield* until(log.next("restarting", "kept"));
      for (let i = 0; i < 100; i += 1) yield* codeOf(pool.getOrCreate(`name-${i}`));
      const { refused } = pool.inspect();
      expect(refused).toHaveLength(20);
      expect(refused[0]).toMatchObject({ hostname: "kept", pinned: true });
      expect(vi.getTimerCount()).toBe(20);
    });
  });
});
