import { ensure, resource, run, sleep, spawn, suspend, until } from "effection";
import { createEventLog } from "effection-switchboard/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AppFactory, type ServerEvent, useServerPool } from "../../src/index.ts";
import { createGate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.999); // the jitter may be as good as no delay at all
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a start that fails", () => {
  it.each<[string, AppFactory, string]>([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
      "no database",
    ],
    [
      "rejects",
      async () => {
        throw new Error("no database");
      },
      "no database",
    ],
    [
      "fails as an operation",
      function* () {
        yield* sleep(0);
        throw new Error("no database");
      },
      "no database",
    ],
    [
      "fails in the background while it starts",
      function* () {
        yield* spawn(function* () {
          throw new Error("no database");
        });
        yield* suspend();
        return undefined;
      },
      "no database",
    ],
    ["returns the wrong thing", () => "app" as never, "must return an Express app, a request listener or undefined"],
  ])("is contained, reported and remembered when the factory %s", async (_how, app, message) => {
    const log = await withPool({ app }, function* (pool) {
      const failed = pool.getOrCreate("shop");
      yield* until(
        expect(failed).rejects.toMatchObject({
          code: "START_FAILED",
          hostname: "shop",
          message: expect.stringContaining(message),
          retryAfterMs: expect.any(Number),
        }),
      );
      yield* until(
        expect(pool.getOrCreate("shop")).rejects.toMatchObject({
          code: "BACKING_OFF",
          message: expect.stringContaining(message),
          retryAfterMs: expect.any(Number),
        }),
      );
      expect(pool.inspect()).toMatchObject({ backingOff: 1, servers: [] });
      yield* pool.shutdown("shop");
      expect(pool.inspect()).toMatchObject({ backingOff: 0 });
    });
    expect(log.lines()).toEqual(["starting shop", "error shop", "backing-off shop"]);
  });

  it("is told with the place, but not to those who ask for the server", async () => {
    const app: AppFactory = () => {
      throw new Error("no database\nand more");
    };
    await withPool({ app }, function* (pool, log) {
      const failed = yield* until(pool.getOrCreate("shop").catch((error: Error) => error));
      expect(failed).toHaveProperty("message", '"shop" could not start: no database\nand more');
      const place = "no database \\(.*failures\\.test\\.ts:\\d+:\\d+\\)";
      expect(pool.failures()[0]?.message).toMatch(new RegExp(`^${place}$`));
      expect(log.all).toContainEqual(expect.objectContaining({ type: "error", message: "no database\nand more" }));
    });
  });

  it("gives all who joined it the same error", async () => {
    await withPool(
      {
        app: async () => {
          throw new Error("no");
        },
      },
      function* (pool) {
        const all = yield* until(Promise.allSettled(Array.from({ length: 100 }, () => pool.getOrCreate("shop"))));
        expect(new Set(all.map((one) => (one as PromiseRejectedResult).reason)).size).toBe(1);
      },
    );
  });

  it("does not end the process when nobody waits for it", async () => {
    const log = await withPool(
      {
        app: () => {
          throw new Error("no");
        },
      },
      function* (pool, events) {
        void pool.getOrCreate("shop");
        yield* until(events.next("backing-off", "shop"));
      },
    );
    expect(log.lines("error")).toEqual(["error shop"]);
  });

  it("backs off twice as long after each failure, and starts again when the delay is over", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let fails = true;
    const app: AppFactory = () => {
      if (fails) throw new Error("no");
      return () => {};
    };
    const log = await withPool({ app }, function* (pool) {
      for (let i = 0; i < 4; i += 1) {
        yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "START_FAILED" }));
        vi.advanceTimersByTime(100 * 2 ** i);
      }
      fails = false;
      expect((yield* pool.getOrCreate("shop")).hostname).toBe("shop");
    });
    const delays = log.all.flatMap((event) => (event.type === "backing-off" ? [event.delayMs] : []));
    expect(delays.map(Math.ceil)).toEqual([100, 200, 400, 800]);
  });

  it("times out, is reported, and releases what it had acquired", async () => {
    const released: string[] = [];
    const app: AppFactory = function* ({ signal }) {
      signal.addEventListener("abort", () => released.push("aborted"));
      yield* ensure(() => void released.push("released"));
      yield* suspend();
      return undefined;
    };
    const log = await withPool({ app, startTimeoutMs: 20 }, function* (pool) {
      yield* until(
        expect(pool.getOrCreate("shop")).rejects.toMatchObject({
          code: "START_TIMEOUT",
          message: expect.stringContaining('"shop" could not start: it was not ready within 20 ms; see why'),
        }),
      );
    });
    expect(released.sort()).toEqual(["aborted", "released"]);
    expect(log.lines()).toEqual(["starting shop", "error shop", "backing-off shop"]);
  });

  it("that was too slow once is started again by a request, when the delay is over", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let starts = 0;
    const app: AppFactory = () => {
      starts += 1;
      return starts === 1 ? new Promise<never>(() => {}) : () => {};
    };
    await withPool({ app, startTimeoutMs: 20 }, function* (pool) {
      yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "START_TIMEOUT" }));
      vi.advanceTimersByTime(100);
      expect((yield* pool.getOrCreate("shop")).hostname).toBe("shop");
    });
  });

  it("that never settles does not hold up the end of the pool", async () => {
    const log = await withPool({ app: () => new Promise<never>(() => {}) }, function* (pool, events) {
      void pool.getOrCreate("shop");
      yield* until(events.next("starting", "shop"));
    });
    expect(log.lines()).toEqual(["starting shop", "stopping shop"]);
  });

  it("leaves other hostnames alone", async () => {
    const app: AppFactory = ({ hostname }) => {
      if (hostname === "bad") throw new Error("no");
      return () => {};
    };
    await withPool({ app }, function* (pool) {
      const good = yield* pool.getOrCreate("good");
      yield* until(expect(pool.getOrCreate("bad")).rejects.toThrow("no"));
      expect(pool.get("good")).toBe(good);
    });
  });
});

describe("a hostname that the factory declines", () => {
  it("is refused without an error, and may be asked for again at once", async () => {
    let known = false;
    const app: AppFactory = () => (known ? () => {} : undefined);
    const log = await withPool({ app }, function* (pool) {
      yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "DECLINED" }));
      known = true;
      yield* pool.getOrCreate("shop");
    });
    expect(log.lines()).toEqual([
      "starting shop",
      "declined shop",
      "starting shop",
      "started shop",
      "stopping shop",
      "stopped shop",
    ]);
  });
});

describe("a server that crashes", () => {
  it.each<[string, AppFactory]>([
    [
      "somebody closes it",
      ({ server }) => {
        server.on("crash", () => server.close());
        return () => {};
      },
    ],
    [
      "something it acquired fails in the background",
      function* ({ server }) {
        const crash = createGate();
        server.on("crash", () => crash.open());
        yield* resource<void>(function* (provide) {
          yield* spawn(function* () {
            yield* until(crash.promise);
            throw new Error("database gone");
          });
          yield* provide();
        });
        return () => {};
      },
    ],
  ])("because %s is reported, backs off, and harms nobody else", async (_how, app) => {
    const log = await withPool({ app }, function* (pool, events) {
      const other = yield* pool.getOrCreate("other");
      const { server } = yield* pool.getOrCreate("shop");
      server.emit("crash");
      yield* until(events.next("backing-off", "shop"));
      expect(pool.get("shop")).toBeUndefined();
      expect(pool.get("other")).toBe(other);
      yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "BACKING_OFF" }));
    });
    expect(log.lines().filter((line) => line.endsWith("shop"))).toEqual([
      "starting shop",
      "started shop",
      "error shop",
      "stopped shop",
      "backing-off shop",
    ]);
  });

  it("and whose cleanup fails is reported, gone, and holds up nothing", async () => {
    const app: AppFactory = function* () {
      yield* ensure(() => {
        throw new Error("cleanup failed");
      });
      return () => {};
    };
    const log = await withPool({ app }, function* (pool) {
      yield* pool.getOrCreate("a");
      yield* pool.getOrCreate("b");
      yield* pool.shutdown("a");
      expect(pool.get("a")).toBeUndefined();
    });
    expect(log.lines("error", "stopped")).toEqual(["error a", "stopped a", "error b", "stopped b"]);
  });

  it("while others fail too, keeps the memory of failures bounded", async () => {
    await withPool(
      {
        maxServers: 2,
        app: () => {
          throw new Error("no");
        },
      },
      function* (pool) {
        for (let i = 0; i < 100; i += 1) yield* until(pool.getOrCreate(`name-${i}`).catch(() => {}));
        expect(pool.inspect().backingOff).toBeLessThanOrEqual(20);
      },
    );
  });
});

describe("an owner of a pool that fails", () => {
  it("still stops every server, and reports it", async () => {
    const log = createEventLog<ServerEvent>();
    const owner = run(function* () {
      const pool = yield* useServerPool({ basePort: 0, onEvent: log.add });
      yield* pool.getOrCreate("shop");
      throw new Error("owner failed");
    });
    await expect(owner).rejects.toThrow("owner failed");
    expect(log.lines("stopped")).toEqual(["stopped shop"]);
  });
});
