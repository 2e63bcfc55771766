import { ensure, type Operation, sleep, spawn, suspend, until } from "effection";
import { describe, expect, it, vi } from "vitest";
import { type AppFactory, type ServerEvent, type ServerPool, useServerPool } from "../../src/index.ts";
import { controlTime, crash, later } from "../support/crash.ts";
import { createGate, type Gate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

const handler = () => {};

/** A factory whose apps are made when `open` is called for them; who is being made, in order, and how many at most. */
function gated() {
  const gates = new Map<string, Gate>();
  const began: string[] = [];
  let [now, most] = [0, 0];
  const app: AppFactory = async ({ hostname, signal }) => {
    const gate = createGate();
    gates.set(hostname, gate);
    began.push(hostname);
    now += 1;
    most = Math.max(most, now);
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await Promise.race([gate.promise, stopped]);
    now -= 1;
    return handler;
  };
  return { app, began, open: (hostname: string) => gates.get(hostname)?.open(), most: () => most };
}

const outcome = (start: PromiseLike<unknown>): Operation<string> =>
  until(
    start.then(
      () => "started",
      ({ code }) => code as string,
    ),
  );

/** Starts that an operation asks for begin when it waits for something. */
function* settled(): Operation<void> {
  yield* until(new Promise((resolve) => setImmediate(resolve)));
}

/** Does it in a callback, where starts begin at the call. */
function outside<T>(act: () => T): Operation<T> {
  return until(new Promise<T>((resolve) => setImmediate(() => resolve(act()))));
}

describe("simultaneous starts", () => {
  it("are as many as maxStarts, whatever the number of those who wait", async () => {
    let [now, most] = [0, 0];
    const app: AppFactory = function* () {
      now += 1;
      most = Math.max(most, now);
      yield* sleep(1);
      now -= 1;
      return handler;
    };
    const log = await withPool({ app, maxStarts: 7, maxServers: 200 }, function* (pool) {
      const names = Array.from({ length: 400 }, (_, i) => `name-${i % 200}`);
      const starts = names.map((name) => pool.getOrCreate(name));
      yield* settled();
      expect(pool.inspect()).toMatchObject({ starting: 200, queued: 193 });
      yield* until(Promise.all(starts));
      expect(pool.inspect()).toMatchObject({ starting: 0, queued: 0, running: 200 });
    });
    expect(most).toBe(7);
    expect(log.lines("started")).toHaveLength(200);
  });

  it("begin at the call while a turn is free", async () => {
    const { app, began, open } = gated();
    await withPool({ app, maxStarts: 2 }, function* (pool) {
      const starts = yield* outside(() => {
        const asked = ["a", "b", "c"].map((name) => pool.getOrCreate(name));
        began.push("asked");
        return asked;
      });
      expect(began.splice(2)).toEqual(["asked"]);
      expect(began).toEqual(["a", "b"]);
      open("b");
      yield* until(starts[1] as Promise<unknown>);
      yield* settled();
      expect(began).toEqual(["a", "b", "c"]);
      open("a");
      open("c");
      yield* until(Promise.all(starts));
    });
  });

  it("come one after the other, in order, with maxStarts: 1", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `name-${i}`);
    const log = await withPool({ app: async () => handler, maxStarts: 1 }, function* (pool) {
      yield* until(Promise.all(names.map((name) => pool.getOrCreate(name))));
    });
    expect(log.lines("starting")).toEqual(names.map((name) => `starting ${name}`));
    expect(log.lines("started")).toEqual(names.map((name) => `started ${name}`));
  });

  it("of names that somebody asks for come before those of others, also when they are asked for late", async () => {
    const { app, began, open } = gated();
    const pinned = ["pinned-1", "pinned-2", "pinned-3", "pinned-4"];
    await withPool({ app, maxStarts: 1, pinned }, function* (pool, log) {
      void pool.pin("pinned-5");
      yield* settled();
      const asked = ["asked-1", "pinned-4", "asked-2", "pinned-3", "asked-1"];
      const starts = yield* outside(() => asked.map((name) => pool.getOrCreate(name)));
      const order = ["pinned-1", "asked-1", "pinned-4", "asked-2", "pinned-3", "pinned-2", "pinned-5"];
      for (const name of order) {
        expect(began.at(-1)).toBe(name);
        open(name);
        yield* until(log.next("started", name));
        yield* settled();
      }
      expect(began).toEqual(order);
      yield* until(Promise.all(starts));
    });
  });

  it("are counted by the entry that starts, not by one that waits for another one to stop", async () => {
    const stop = createGate();
    const app: AppFactory = function* ({ hostname }) {
      if (hostname === "slow") yield* ensure(() => until(stop.promise));
      return handler;
    };
    await withPool({ app, maxStarts: 1 }, function* (pool) {
      yield* pool.getOrCreate("slow");
      const stopped = pool.shutdown("slow");
      const again = pool.getOrCreate("slow");
      yield* settled();
      expect(pool.inspect()).toMatchObject({ starting: 1, queued: 0 });
      yield* pool.getOrCreate("other");
      stop.open();
      yield* stopped;
      yield* again;
    });
  });

  it("of servers that wait for their turn count as servers", async () => {
    const { app, open } = gated();
    await withPool({ app, maxStarts: 1, maxServers: 2 }, function* (pool) {
      const [a, b] = [pool.getOrCreate("a"), pool.getOrCreate("b")];
      yield* until(expect(pool.getOrCreate("c")).rejects.toMatchObject({ code: "POOL_FULL" }));
      yield* pool.shutdown("b");
      expect(yield* outcome(b)).toBe("START_STOPPED");
      const c = pool.getOrCreate("c");
      open("a");
      yield* a;
      yield* settled();
      open("c");
      yield* c;
    });
  });

  it.each([0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2"])("are refused as %s", (maxStarts) => {
    expect(() => useServerPool({ maxStarts: maxStarts as number })).toThrow(
      "maxStarts must be a whole number from 1 to 1000000, got",
    );
  });
});

describe("a start passes its turn on", () => {
  const never = new Promise<never>(() => {});
  const first: [string, AppFactory, (pool: ServerPool) => unknown, string][] = [
    ["listens", () => handler, () => {}, "started"],
    [
      "fails",
      () => {
        throw new Error("no");
      },
      () => {},
      "START_FAILED",
    ],
    ["rejects", async () => Promise.reject(new Error("no")), () => {}, "START_FAILED"],
    [
      "fails in the background",
      function* () {
        yield* spawn(function* () {
          throw new Error("no");
        });
        yield* suspend();
        return undefined;
      },
      () => {},
      "START_FAILED",
    ],
    ["is declined", () => undefined, () => {}, "DECLINED"],
    ["takes too long", () => never, () => {}, "START_TIMEOUT"],
    ["is stopped", () => never, (pool) => pool.shutdown("first"), "START_STOPPED"],
  ];

  it.each(first)("when it %s", async (_how, makeFirst, act, end) => {
    const app: AppFactory = (context) => (context.hostname === "first" ? makeFirst(context) : handler);
    await withPool({ app, maxStarts: 1, hostnames: { first: { startTimeoutMs: 20 } } }, function* (pool) {
      const starts = ["first", "second", "third"].map((name) => pool.getOrCreate(name));
      yield* settled();
      act(pool);
      for (const [i, expected] of [end, "started", "started"].entries()) {
        expect(yield* outcome(starts[i] as PromiseLike<unknown>)).toBe(expected);
      }
      expect(pool.inspect().queued).toBe(0);
      yield* pool.getOrCreate("fourth");
    });
  });

  it("when its own factory stops it", async () => {
    let pool: ServerPool | undefined;
    const app: AppFactory = ({ hostname }) => {
      if (hostname === "first") void pool?.shutdown("first");
      return handler;
    };
    await withPool({ app, maxStarts: 1 }, function* (own) {
      pool = own;
      expect(yield* outcome(own.getOrCreate("first"))).toBe("START_STOPPED");
      yield* own.getOrCreate("second");
    });
  });

  it.each([
    ["takes too long", "START_TIMEOUT"],
    ["is stopped", "START_STOPPED"],
  ])("although its cleanup never ends, when it %s", async (_how, code) => {
    const clean = createGate();
    const app: AppFactory = function* ({ hostname }) {
      if (hostname !== "hung") return handler;
      yield* ensure(() => until(clean.promise));
      return yield* suspend() as Operation<never>;
    };
    await withPool({ app, maxStarts: 1, hostnames: { hung: { startTimeoutMs: 20 } } }, function* (pool) {
      const hung = pool.getOrCreate("hung");
      const next = pool.getOrCreate("next");
      yield* settled();
      if (code === "START_STOPPED") void pool.shutdown("hung");
      expect(yield* outcome(hung)).toBe(code);
      yield* next;
      expect(pool.inspect()).toMatchObject({ stopping: 1, running: 1 });
      clean.open();
    });
  });

  it("although what its failed factory had acquired is never released", async () => {
    const clean = createGate();
    const app: AppFactory = function* ({ hostname }) {
      if (hostname !== "hung") return handler;
      yield* ensure(() => until(clean.promise));
      throw new Error("no");
    };
    await withPool({ app, maxStarts: 1, hostnames: { hung: { startTimeoutMs: 20 } } }, function* (pool) {
      const hung = pool.getOrCreate("hung");
      yield* pool.getOrCreate("next");
      expect(yield* outcome(hung)).toBe("START_TIMEOUT");
      clean.open();
    });
  });

  it("to nobody who is stopped in the same moment", async () => {
    const { app, began, open } = gated();
    await withPool({ app, maxStarts: 1 }, function* (pool) {
      const starts = ["a", "b", "c", "d"].map((name) => pool.getOrCreate(name));
      yield* settled();
      for (const name of ["a", "b", "c"]) void pool.shutdown(name);
      expect(pool.inspect()).toMatchObject({ starting: 1, queued: 0 });
      yield* settled();
      expect(began).toEqual(["a", "d"]);
      open("d");
      yield* starts[3] as Operation<unknown>;
    });
  });
});

describe("a pool with starts that wait for their turn", () => {
  it("ends at once, and begins none of them", async () => {
    const { app, began } = gated();
    const ends: Promise<unknown>[] = [];
    const log = await withPool({ app, maxStarts: 3, maxServers: 103 }, function* (pool) {
      for (let i = 0; i < 103; i += 1) ends.push(pool.getOrCreate(`name-${i}`).catch(({ code }) => code));
      yield* settled();
      expect(pool.inspect()).toMatchObject({ starting: 103, queued: 100 });
    });
    expect(began).toHaveLength(3);
    expect(new Set(await Promise.all(ends))).toEqual(new Set(["START_STOPPED"]));
    expect(log.lines("stopping")).toHaveLength(103);
  });
});

describe("the time to wait for a turn", () => {
  controlTime();

  it("is that of a start, and is no part of it", async () => {
    const { app, began } = gated();
    await withPool({ app, maxStarts: 1, startTimeoutMs: 1_000 }, function* (pool, log) {
      const first = pool.getOrCreate("first");
      yield* later(400);
      const second = pool.getOrCreate("second");
      yield* later(400);
      const third = pool.getOrCreate("third");
      yield* later(200); // 1,000: the first one is given up
      expect(yield* outcome(first)).toBe("START_TIMEOUT");
      expect(began).toEqual(["first", "second"]);
      yield* later(799); // 1,799
      expect(pool.inspect()).toMatchObject({ starting: 2, queued: 1 });
      yield* later(1);
      yield* until(
        expect(third).rejects.toMatchObject({
          code: "POOL_BUSY",
          hostname: "third",
          retryAfterMs: 1_000,
          message:
            '"third" waited 1000 ms in vain for its turn to start: others start, as many as may at once (maxStarts: 1); ask again, see why starts take so long, or raise maxStarts or startTimeoutMs',
        }),
      );
      expect(pool.inspect()).toMatchObject({ starting: 1, queued: 0, refused: [] });
      const again = pool.getOrCreate("third"); // it has not failed: nothing forbids another start
      yield* later(200); // 2,000
      expect(yield* outcome(second)).toBe("START_TIMEOUT");
      expect(began).toEqual(["first", "second", "third"]);
      expect(log.lines("error", "backing-off")).toEqual([
        "error first",
        "backing-off first",
        "error second",
        "backing-off second",
      ]);
      yield* pool.shutdown("third");
      expect(yield* outcome(again)).toBe("START_STOPPED");
    });
  });

  it("is limited for pinned names, too: they say so, and try again for as long as they are pinned", async () => {
    const { app, began, open } = gated();
    const hostnames = { slow: { startTimeoutMs: 60_000 }, shop: { restart: { policy: "transient" } } } as const;
    await withPool({ app, maxStarts: 1, startTimeoutMs: 1_000, hostnames }, function* (pool, log) {
      const slow = pool.getOrCreate("slow");
      const pins = ["shop", "blog"].map((name) => outcome(pool.pin(name)));
      yield* later(1_000);
      for (const pin of pins) expect(yield* pin).toBe("POOL_BUSY");
      expect(log.lines("error", "backing-off", "restarting", "failed")).toEqual(["error shop", "error blog"]);
      expect(pool.inspect()).toMatchObject({ starting: 1, backingOff: 0, failed: 0, refused: [] });
      pool.unpin("blog");
      yield* later(1_000);
      expect(log.lines("starting")).toEqual(["starting slow", "starting shop", "starting blog", "starting shop"]);
      expect(pool.inspect().queued).toBe(1);
      yield* later(1_000);
      yield* settled();
      expect(log.lines("error")).toEqual(["error shop", "error blog", "error shop"]);
      open("slow");
      yield* slow;
      yield* later(1_000);
      expect(began).toEqual(["slow", "shop"]);
      open("shop");
      yield* until(log.next("started", "shop"));
    });
  });

  it("is limited for a restart by itself, which is tried again, unless the name is shut down", async () => {
    const { app, open } = gated();
    const crashing: AppFactory = (context) => {
      context.server.on("crash", () => context.server.close());
      return context.hostname === "slow" ? app(context) : handler;
    };
    const hostnames = { "*.kept": { restart: { policy: "permanent" } }, slow: { startTimeoutMs: 60_000 } } as const;
    await withPool({ app: crashing, maxStarts: 1, startTimeoutMs: 1_000, hostnames }, function* (pool, log) {
      for (const name of ["a.kept", "b.kept"]) yield* pool.getOrCreate(name);
      for (const name of ["a.kept", "b.kept"]) yield* until(crash(pool, log, name));
      const slow = pool.getOrCreate("slow");
      yield* later(100);
      expect(pool.inspect().queued).toBe(2);
      yield* later(1_000);
      yield* until(log.next("error", "b.kept"));
      yield* pool.shutdown("b.kept");
      open("slow");
      yield* slow;
      yield* later(1_000);
      yield* until(log.next("started", "a.kept"));
      yield* later(60_000);
      expect(log.lines("started")).toEqual(["started a.kept", "started b.kept", "started slow", "started a.kept"]);
    });
  });

  it("ends for good for a pinned name that is shut down by who hears of it", async () => {
    const { app } = gated();
    const heard: string[] = [];
    let pool: ServerPool | undefined;
    const onEvent = ({ type, hostname }: ServerEvent) => {
      heard.push(`${type} ${hostname}`);
      if (type === "error") void pool?.shutdown(hostname);
    };
    const hostnames = { slow: { startTimeoutMs: 300_000 } };
    await withPool({ app, maxStarts: 1, startTimeoutMs: 1_000, hostnames, onEvent }, function* (own) {
      pool = own;
      void own.getOrCreate("slow");
      void own.pin("shop");
      yield* later(60_000);
      expect(heard).toEqual(["starting slow", "starting shop", "error shop", "slow-start slow"]);
    });
  });

  it("leaves no timer behind when the pool ends", async () => {
    const { app } = gated();
    const hostnames = { a: { startTimeoutMs: 60_000 } };
    await withPool({ app, maxStarts: 1, startTimeoutMs: 1_000, pinned: ["a", "b"], hostnames }, function* (_pool, log) {
      yield* later(1_000);
      yield* until(log.next("error", "b"));
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets nobody wait for ever behind factories that hang", async () => {
    const app: AppFactory = ({ hostname }) => (hostname.startsWith("hung") ? new Promise(() => {}) : handler);
    await withPool({ app, maxStarts: 2, startTimeoutMs: 1_000 }, function* (pool) {
      const names = ["hung-1", "hung-2", "hung-3", "hung-4", "well"];
      const starts = names.map((name) => outcome(pool.getOrCreate(name)));
      yield* later(1_000); // the third and fourth have the turns of the first and second now
      const late = outcome(pool.getOrCreate("late"));
      yield* later(1_000);
      const ends = [];
      for (const start of [...starts, late]) ends.push(yield* start);
      expect(ends).toEqual([...Array(4).fill("START_TIMEOUT"), "POOL_BUSY", "started"]);
    });
  });
});
