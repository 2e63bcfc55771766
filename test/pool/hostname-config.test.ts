import { once } from "node:events";
import { type Operation, suspend, until } from "effection";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ServerPoolConfig, useServerPool } from "../../src/index.ts";
import { resolveServerPool } from "../../src/pool/settings.ts";
import { ONE_REPLICA } from "../../src/server/replicas/replica-config.ts";
import { createGate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("options by hostname", () => {
  const { byHostname } = resolveServerPool({
    idleTimeoutMs: 1,
    restart: { maxRestarts: 1, backoff: { maxMs: 10 } },
    hostnames: {
      "*.Api": { idleTimeoutMs: 2, graceMs: 2, restart: { policy: "permanent", backoff: { factor: 3 } } },
      "a.eu.api": { idleTimeoutMs: 4, restart: { withinMs: 4 } },
      "*.eu.api": { idleTimeoutMs: 3, startTimeoutMs: 3, restart: { maxRestarts: 3, policy: undefined } },
      shop: { graceMs: 5 },
    },
  });
  const backoff = { initialMs: 100, factor: 2, maxMs: 10 };
  const pool = { policy: undefined, backoff, maxRestarts: 1, withinMs: 30_000, coolDownMs: 30_000 };
  const api = { ...pool, policy: "permanent", backoff: { ...backoff, factor: 3 } };

  it.each([
    ["blog", { idleTimeoutMs: 1, startTimeoutMs: 10_000, commandTimeoutMs: 60_000, graceMs: 10_000, restart: pool }],
    ["shop", { idleTimeoutMs: 1, startTimeoutMs: 10_000, commandTimeoutMs: 60_000, graceMs: 5, restart: pool }],
    ["x.api", { idleTimeoutMs: 2, startTimeoutMs: 10_000, commandTimeoutMs: 60_000, graceMs: 2, restart: api }],
    [
      "x.eu.api",
      { idleTimeoutMs: 3, startTimeoutMs: 3, commandTimeoutMs: 3, graceMs: 2, restart: { ...api, maxRestarts: 3 } },
    ],
    [
      "a.eu.api",
      {
        idleTimeoutMs: 4,
        startTimeoutMs: 3,
        commandTimeoutMs: 3,
        graceMs: 2,
        restart: { ...api, maxRestarts: 3, withinMs: 4 },
      },
    ],
  ])("are, for %s, those of the most specific pattern that has them", (hostname, settings) => {
    expect(byHostname.of(hostname)).toEqual({ ...settings, replicas: ONE_REPLICA });
  });

  it("take no memory for a hostname", () => {
    expect(byHostname.of("x.api")).toBe(byHostname.of("y.api"));
  });

  it("stop each server on its own idle time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const hostnames = { "*.short": { idleTimeoutMs: 1_000 }, "*.never": { idleTimeoutMs: Number.POSITIVE_INFINITY } };
    await withPool({ app: () => () => {}, idleTimeoutMs: 10_000, hostnames }, function* (pool, log) {
      for (const name of ["a.short", "b", "c.never"]) yield* pool.getOrCreate(name);
      yield* until(vi.advanceTimersByTimeAsync(1_020));
      yield* until(log.next("stopped", "a.short"));
      expect(pool.list()).toHaveLength(2);
      yield* until(vi.advanceTimersByTimeAsync(100_000));
      expect(pool.list().map(({ hostname }) => hostname)).toEqual(["c.never"]);
    });
  });

  it("limit each start by its own budget", async () => {
    const app = function* (): Operation<undefined> {
      yield* suspend();
      return undefined;
    };
    await withPool({ app, hostnames: { slow: { startTimeoutMs: 20 } } }, function* (pool) {
      yield* until(expect(pool.getOrCreate("slow")).rejects.toThrow("not ready within 20 ms"));
    });
  });

  it("give each drain its own grace", async () => {
    const answering = createGate();
    const app = () => () => answering.open();
    const log = await withPool({ app, hostnames: { rude: { graceMs: 0 } } }, function* (pool) {
      const { port, server } = yield* pool.getOrCreate("rude");
      const cut = fetch(`http://127.0.0.1:${port}/`).catch(() => "cut");
      yield* until(answering.promise);
      const closed = once(server, "close");
      yield* pool.shutdown("rude");
      yield* until(closed);
      expect(yield* until(cut)).toBe("cut");
    });
    expect(log.all).toContainEqual({ type: "cut", hostname: "rude", requests: 1, sockets: 0 });
  });
});

describe("options of supervision", () => {
  const ms = (min: number) => `must be a finite number >= ${min} (milliseconds, at most 2147483647), got`;
  it.each<[string, unknown, string]>([
    ["restart", 5, "restart must be an object of options, got 5"],
    [
      "restart",
      { retries: 1 },
      "restart has no option 'retries'; it knows policy, backoff, maxRestarts, withinMs, coolDownMs",
    ],
    [
      "restart",
      { policy: "always" },
      "restart.policy must be one of 'permanent', 'transient', 'temporary', got 'always'",
    ],
    ["restart", { maxRestarts: -1 }, "restart.maxRestarts must be a whole number from 0 to 1000, got -1"],
    ["restart", { maxRestarts: Number.NaN }, "restart.maxRestarts must be a whole number from 0 to 1000, got NaN"],
    ["restart", { maxRestarts: Number.POSITIVE_INFINITY }, "a whole number from 0 to 1000, got Infinity"],
    ["restart", { withinMs: 0 }, `restart.withinMs ${ms(1)} 0`],
    ["restart", { withinMs: Number.NaN }, `restart.withinMs ${ms(1)} NaN`],
    ["restart", { coolDownMs: -5 }, `restart.coolDownMs ${ms(1)} -5`],
    ["restart", { coolDownMs: Number.POSITIVE_INFINITY }, `restart.coolDownMs ${ms(1)} Infinity`],
    ["restart", { backoff: { initialMs: 0 } }, `restart.backoff.initialMs ${ms(1)} 0`],
    ["restart", { backoff: { maxMs: "1s" } }, `restart.backoff.maxMs ${ms(1)} '1s'`],
    ["restart", { backoff: { factor: 0.5 } }, "restart.backoff.factor must be a finite number >= 1, got 0.5"],
    ["restart", { backoff: { factor: Number.POSITIVE_INFINITY } }, "factor must be a finite number >= 1, got Infinity"],
    [
      "restart",
      { backoff: { jitter: 1 } },
      "restart.backoff has no option 'jitter'; it knows initialMs, factor, maxMs",
    ],
    ["hostnames", ["shop"], "hostnames must be an object with a pattern for each key, got [ 'shop' ]"],
    ["hostnames", { "*": {} }, `hostnames: a pattern must be a hostname such as "shop"`],
    ["hostnames", { shop: undefined }, "hostnames['shop'] must be an object of options, got undefined"],
    ["hostnames", { shop: { app: 1 } }, "hostnames['shop'] has no option 'app'; it knows restart, idleTimeoutMs,"],
    ["hostnames", { "*.api": { idleTimeoutMs: 0 } }, `hostnames['*.api'].idleTimeoutMs ${ms(1)} 0`],
    ["hostnames", { "*.api": { startTimeoutMs: -1 } }, `hostnames['*.api'].startTimeoutMs ${ms(1)} -1`],
    ["hostnames", { "*.api": { graceMs: Number.NaN } }, `hostnames['*.api'].graceMs ${ms(0)} NaN`],
    ["hostnames", { shop: { restart: { withinMs: 0 } } }, `hostnames['shop'].restart.withinMs ${ms(1)} 0`],
    ["pinned", "shop", "pinned must be an array of hostnames, got 'shop'"],
    ["pinned", ["a", "b c"], "pinned[1] must be a hostname, got 'b c'"],
    ["pinned", [5], "pinned[0] must be a hostname, got 5"],
    [
      "pinned",
      Array.from({ length: 101 }, (_, i) => `n${i}`),
      "pinned must be at most maxServers (100) hostnames, got 101",
    ],
  ])("refuse %s: %o", (option, value, message) => {
    expect(() => useServerPool({ [option]: value } as ServerPoolConfig)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(message) }),
    );
  });
});
