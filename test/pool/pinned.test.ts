import { until } from "effection";
import { describe, expect, it, vi } from "vitest";
import type { AppFactory, ServerPool } from "../../src/index.ts";
import { controlTime, crash, crashing, later } from "../support/crash.ts";
import { withPool } from "../support/pool.ts";

controlTime();

describe("a pinned hostname", () => {
  it("starts at once, is not stopped for being idle, nor to make room, and starts again by itself", async () => {
    const config = { app: crashing, pinned: ["Shop"], idleTimeoutMs: 1_000, maxServers: 2 };
    const log = await withPool(config, function* (pool, log) {
      yield* until(log.next("started", "shop"));
      yield* later(5_000);
      yield* pool.getOrCreate("a");
      yield* pool.getOrCreate("b");
      expect(pool.list().map(({ hostname }) => hostname)).toEqual(["shop", "b"]);
      expect(pool.inspect().servers).toMatchObject([{ pinned: true }, { pinned: false }]);
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "restarting", attempt: 1 });
      yield* later(100);
      yield* until(log.next("started", "shop"));
    });
    expect(log.all.filter((event) => event.type === "stopping" && event.hostname === "shop")).toEqual([
      { type: "stopping", hostname: "shop", reason: "closing" },
    ]);
  });

  it("is down after a shutdown until somebody asks for it, and pinned then", async () => {
    await withPool({ app: crashing, pinned: ["shop"], idleTimeoutMs: 1_000 }, function* (pool, log) {
      yield* until(log.next("started", "shop"));
      yield* pool.shutdown("shop");
      yield* later(60_000);
      expect(pool.list()).toEqual([]);
      yield* pool.getOrCreate("shop");
      yield* later(60_000);
      expect(pool.inspect().servers).toMatchObject([{ hostname: "shop", state: "running", pinned: true }]);
    });
  });

  it("may have another policy", async () => {
    const hostnames = { shop: { restart: { policy: "transient" } } } as const;
    await withPool({ app: crashing, pinned: ["shop"], hostnames }, function* (pool, log) {
      yield* until(log.next("started", "shop"));
      expect(yield* until(crash(pool, log, "shop"))).toMatchObject({ type: "backing-off" });
      yield* later(60_000);
      expect(pool.list()).toEqual([]);
    });
  });

  it("can be pinned and unpinned while it runs", async () => {
    await withPool({ app: crashing, idleTimeoutMs: 1_000 }, function* (pool, log) {
      const info = yield* pool.getOrCreate("shop");
      expect(yield* pool.pin("SHOP")).toBe(info);
      yield* later(10_000);
      expect(pool.get("shop")).toBe(info);
      pool.unpin("shop");
      yield* later(1_000);
      yield* until(log.next("stopped", "shop"));
    });
  });

  it("that is pinned while it backs off starts by itself, unless it is unpinned again", async () => {
    await withPool({ app: crashing }, function* (pool, log) {
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
      yield* until(expect(pool.pin("shop")).rejects.toMatchObject({ code: "BACKING_OFF" }));
      pool.unpin("shop");
      expect(vi.getTimerCount()).toBe(0);
      yield* until(expect(pool.pin("shop")).rejects.toMatchObject({ code: "BACKING_OFF" }));
      yield* later(100);
      yield* until(log.next("started", "shop"));
    });
  });

  it("leaves no timer when it is pinned after the pool has ended", async () => {
    let ended: ServerPool | undefined;
    await withPool({ app: crashing }, function* (pool, log) {
      ended = pool;
      yield* pool.getOrCreate("shop");
      yield* until(crash(pool, log, "shop"));
    });
    await expect(ended?.pin("shop")).rejects.toMatchObject({ code: "POOL_CLOSED" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that the factory declines is an error event, and is not tried again", async () => {
    await withPool({ app: () => undefined, pinned: ["shop"] }, function* (_pool, log) {
      const { message } = yield* until(log.next("error", "shop"));
      expect(message).toBe('there is no app for "shop"');
      yield* later(60_000);
      expect(log.lines()).toEqual(["starting shop", "declined shop", "error shop"]);
    });
  });

  it("for which there is no room is tried again until there is", async () => {
    const app: AppFactory = () => (_request, response) => void response.end("ok");
    await withPool({ app, maxServers: 1, whenFull: "reject" }, function* (pool, log) {
      yield* pool.getOrCreate("other");
      yield* until(expect(pool.pin("shop")).rejects.toMatchObject({ code: "POOL_FULL" }));
      yield* until(log.next("restarting", "shop"));
      yield* later(100);
      yield* until(log.next("restarting", "shop"));
      yield* pool.shutdown("other");
      yield* later(200);
      yield* until(log.next("started", "shop"));
    });
  });

  it("has its limit in maxServers", async () => {
    await withPool({ app: crashing, maxServers: 1, pinned: ["a"] }, function* (pool) {
      yield* pool.pin("a");
      yield* until(
        expect(pool.pin("b")).rejects.toMatchObject({
          code: "POOL_FULL",
          message: "as many hostnames are pinned as servers are allowed (maxServers: 1); unpin one first",
        }),
      );
      pool.unpin("a");
      yield* pool.pin("b");
      yield* until(expect(pool.pin("no name")).rejects.toMatchObject({ code: "INVALID_HOSTNAME" }));
      expect(() => pool.unpin("no name")).toThrow('"no name" is no hostname');
    });
  });
});
