import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHistory } from "../../src/observe/history/history.ts";
import { arrived, ended, request } from "../support/records.ts";

describe("createHistory", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-01-02T10:00:00Z"), toFake: ["setTimeout", "Date", "performance"] });
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("takes it for no error that somebody was told to wait for a server that starts", () => {
    const history = createHistory();
    request(history, { hostname: "shop", status: 503, outcome: "refused", code: "STARTING" });
    expect(history.stats("shop")).toMatchObject({ requestsPerMinute: 1, errorRate: 0 });
    request(history, { hostname: "shop", status: 503, outcome: "refused", code: "POOL_FULL" });
    expect(history.stats("shop").errorRate).toBe(0.5);
  });

  it("tells how the last 60 seconds went, and forgets what was before", () => {
    const history = createHistory();
    for (let i = 0; i < 30; i += 1) request(history, { hostname: "shop", ms: 10, status: i < 3 ? 500 : 200 });
    expect(history.stats("shop")).toMatchObject({
      requestsPerMinute: 30,
      requestsPerSecond: 0.5,
      errorRate: 0.1,
      averageMs: 10,
    });
    expect(history.stats()).toEqual(history.stats("shop"));
    vi.advanceTimersByTime(59_000);
    request(history, { hostname: "shop", ms: 10 });
    expect(history.stats("shop").requestsPerMinute).toBe(31);
    vi.advanceTimersByTime(1_000);
    expect(history.stats("shop")).toMatchObject({ requestsPerMinute: 1, errorRate: 0 });
    vi.advanceTimersByTime(60_000);
    const nothing = {
      requestsPerSecond: 0,
      requestsPerMinute: 0,
      errorRate: 0,
      averageMs: 0,
      p50Ms: 0,
      p95Ms: 0,
      p99Ms: 0,
    };
    expect(history.stats("shop")).toEqual(nothing);
    expect(history.stats("nobody")).toEqual(nothing);
  });

  it.each([0.06, 0.5, 1, 7.7, 42, 999, 60_000, 800_000])("is at most 4.9 % off for %d ms", (ms) => {
    const history = createHistory();
    request(history, { hostname: "shop", ms });
    const { p50Ms, p99Ms } = history.stats("shop");
    expect(p50Ms).toBe(p99Ms);
    expect(Math.abs(p50Ms - ms) / ms).toBeLessThan(0.049);
  });

  it.each([0.2, 8.002, 854.3, 8_000, 60_004])("is exact where %d ms is the only one, or the longest of few", (ms) => {
    const history = createHistory();
    request(history, { hostname: "shop", ms });
    expect(history.stats("shop")).toMatchObject({ p50Ms: ms, p95Ms: ms, p99Ms: ms, averageMs: ms });
    request(history, { hostname: "shop", ms: ms / 2 });
    vi.advanceTimersByTime(1_000);
    expect(history.stats("shop")).toMatchObject({ p50Ms: ms / 2, p99Ms: ms });
    const [point] = history.series("shop", "10m").points;
    expect((point?.p99Ms ?? 0) / ms).toBeCloseTo(1, 3);
    expect((point?.p50Ms ?? 0) / ms).toBeCloseTo(0.5, 3);
  });

  it("has no percentile beyond the longest or below the shortest", () => {
    const history = createHistory();
    for (let i = 0; i < 300; i += 1) request(history, { hostname: "shop", ms: 8_000 });
    expect(history.stats("shop")).toMatchObject({ p50Ms: 8_000, p95Ms: 8_000, p99Ms: 8_000 });
    vi.advanceTimersByTime(120_000);
    request(history, { hostname: "shop", ms: 3 });
    expect(history.stats("shop")).toMatchObject({ p50Ms: 3, p99Ms: 3 });
  });

  it("has the percentiles of a thousand durations", () => {
    const history = createHistory();
    for (let ms = 1; ms <= 1_000; ms += 1) request(history, { hostname: "shop", ms });
    const { p50Ms, p95Ms, p99Ms } = history.stats("shop");
    for (const [found, right] of [
      [p50Ms, 500],
      [p95Ms, 950],
      [p99Ms, 990],
    ] as const) {
      expect(Math.abs(found - right) / right).toBeLessThan(0.05);
    }
  });

  it.each([Number.POSITIVE_INFINITY, 1e9, 0, -1])("takes a duration of %d ms", (ms) => {
    const history = createHistory();
    request(history, { hostname: "shop", ms });
    expect(history.stats("shop").p50Ms).toBeGreaterThan(0);
    expect(history.stats("shop").p50Ms).toBeLessThan(900_000);
  });

  it("gives ten minutes by the second, the one under way left out", () => {
    const history = createHistory();
    request(history, { hostname: "shop", ms: 5 });
    expect(history.series("shop", "10m")).toEqual({ stepMs: 1_000, points: [] });
    vi.advanceTimersByTime(2_000);
    request(history, { hostname: "shop", ms: 5, status: 503 });
    vi.advanceTimersByTime(1_000);
    const { points } = history.series("shop", "10m");
    expect(points.map(({ requests, errors }) => [requests, errors])).toEqual([
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(points.map(({ p50Ms }) => p50Ms === null)).toEqual([false, true, false]);
    expect(points.map(({ time }) => new Date(time).toISOString().slice(11, 19))).toEqual([
      "10:00:00",
      "10:00:01",
      "10:00:02",
    ]);
    vi.advanceTimersByTime(3_600_000);
    expect(history.series("shop", "10m").points).toHaveLength(600);
    expect(history.series("shop", "10m").points.every((point) => point.requests === 0 && point.p99Ms === null)).toBe(
      true,
    );
  });

  it("gives a day by the minute, each with what its seconds came to", () => {
    const history = createHistory();
    for (let second = 0; second < 150; second += 1) {
      request(history, { hostname: "shop", ms: second < 60 ? 10 : 100, status: second === 70 ? 502 : 200 });
      vi.advanceTimersByTime(1_000);
    }
    const { stepMs, points } = history.series("shop", "24h");
    expect(stepMs).toBe(60_000);
    expect(points.map(({ requests, errors, inFlight }) => [requests, errors, inFlight])).toEqual([
      [60, 0, 1],
      [60, 1, 1],
    ]);
    expect(points.map(({ p50Ms }) => Math.round((p50Ms ?? 0) / 10))).toEqual([1, 10]);
    vi.advanceTimersByTime(48 * 3_600_000);
    const later = history.series("shop", "24h").points;
    expect(later).toHaveLength(1_440);
    expect(later.every((point) => point.requests === 0 && point.inFlight === 0)).toBe(true);
    expect(later.at(-1)?.time).toBe(Math.floor(Date.now() / 60_000) * 60_000 - 60_000);
  });

  it("has the same sum by the second and by the minute, whenever requests come", () => {
    const history = createHistory();
    let told = 0;
    for (let i = 0; i < 90; i += 1) {
      vi.advanceTimersByTime((i * 7_919) % 9_000);
      for (let n = 0; n <= i % 3; n += 1) {
        request(history, { hostname: "shop" });
        told += 1;
      }
    }
    vi.advanceTimersByTime(60_000);
    const sum = (range: "10m" | "24h") =>
      history.series("shop", range).points.reduce((all, { requests }) => all + requests, 0);
    expect(sum("10m")).toBe(told);
    expect(sum("24h")).toBe(told);
  });

  it("says how many were in flight at once, in seconds without any event, too", () => {
    const history = createHistory();
    const [one, two, three] = [
      arrived({ hostname: "shop" }),
      arrived({ hostname: "shop" }),
      arrived({ hostname: "blog" }),
    ];
    for (const record of [one, two, three]) history.began(record);
    history.finished(ended(two));
    for (let i = 0; i < 4; i += 1) {
      vi.advanceTimersByTime(30_000);
      history.stats("shop"); // it is asked now and then
    }
    vi.advanceTimersByTime(180_000);
    history.finished(ended(one));
    vi.advanceTimersByTime(2_000);
    const inFlight = (hostname?: string) => history.series(hostname, "10m").points.map((point) => point.inFlight);
    expect(inFlight("shop")).toEqual([2, ...Array(300).fill(1), 0]);
    expect(inFlight()).toEqual([3, ...Array(300).fill(2), 1]);
    expect(history.series("shop", "24h").points.map((point) => point.inFlight)).toEqual([2, 1, 1, 1, 1]);
  });

  it("counts an upgrade as a request that has no duration, and is not in flight", () => {
    const history = createHistory();
    const socket = arrived({ hostname: "shop", upgrade: true });
    history.began(socket);
    vi.advanceTimersByTime(1_000);
    history.finished(ended(socket, { status: 101, ms: 3_600_000 }));
    expect(history.stats("shop")).toMatchObject({ requestsPerMinute: 1, averageMs: 0, p99Ms: 0 });
    vi.advanceTimersByTime(1_000);
    expect(history.series(undefined, "10m").points.map(({ requests, inFlight }) => [requests, inFlight])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it("counts as errors what timed out or broke off, not what the client gave up or did wrong", () => {
    const history = createHistory();
    request(history, { hostname: "shop", outcome: "timed-out", status: 504 });
    request(history, { hostname: "shop", outcome: "failed", status: 200 });
    request(history, { hostname: "shop", outcome: "client-gone", status: undefined });
    request(history, { hostname: "shop", outcome: "refused", status: 429 });
    expect(history.stats("shop").errorRate).toBe(0.5);
  });

  it("gives a spark of as many seconds as asked for", () => {
    const history = createHistory();
    for (let i = 0; i < 3; i += 1) {
      for (let n = 0; n <= i; n += 1) request(history, { hostname: "shop" });
      vi.advanceTimersByTime(1_000);
    }
    expect(history.spark("shop", 5)).toEqual([0, 0, 1, 2, 3]);
    expect(history.spark("shop", 2)).toEqual([2, 3]);
    expect(history.spark(undefined, 1)).toEqual([3]);
    expect(history.spark("nobody", 3)).toEqual([0, 0, 0]);
    expect(history.spark("shop", 10_000)).toHaveLength(600);
  });

  it("goes on when the clock is set back, and begins anew when that is far", () => {
    const history = createHistory();
    request(history, { hostname: "shop" });
    vi.setSystemTime(Date.now() - 30_000);
    request(history, { hostname: "shop" });
    expect(history.stats("shop").requestsPerMinute).toBe(2);
    vi.setSystemTime(Date.now() - 24 * 3_600_000);
    request(history, { hostname: "shop" });
    expect(history.stats("shop").requestsPerMinute).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(history.series("shop", "10m").points).toHaveLength(1);
  });

  it("keeps so many hostnames apart, and all others together", () => {
    const history = createHistory({ topHostnames: 2 });
    for (const hostname of ["a", "b", "c", "d", undefined, "_other"]) request(history, { hostname });
    expect(["a", "b", "c", "_other"].map((hostname) => history.stats(hostname).requestsPerMinute)).toEqual([
      1, 1, 0, 4,
    ]);
    expect(history.stats().requestsPerMinute).toBe(6);
  });

  it("gives the place of a quiet hostname to a busy one within a minute, with what is in flight", () => {
    const history = createHistory({ topHostnames: 2 });
    const quiet = arrived({ hostname: "quiet" });
    history.began(quiet);
    request(history, { hostname: "steady" });
    const early = arrived({ hostname: "busy" });
    history.began(early);
    for (let i = 0; i < 50; i += 1) request(history, { hostname: "busy" });
    for (let i = 0; i < 50; i += 1) request(history, { hostname: "steady" });
    vi.advanceTimersByTime(60_000);
    request(history, { hostname: "steady" });
    vi.advanceTimersByTime(1);
    request(history, { hostname: "busy" });
    expect(history.stats("busy").requestsPerMinute).toBe(1);
    expect(history.stats("quiet").requestsPerMinute).toBe(0);
    vi.advanceTimersByTime(1_000);
    const last = (hostname?: string) => history.series(hostname, "10m").points.at(-1)?.inFlight;
    expect([last("_other"), last("busy"), last()]).toEqual([2, 1, 3]);
    history.finished(ended(quiet));
    history.finished(ended(early));
    vi.advanceTimersByTime(2_000);
    expect([last("_other"), last("busy"), last("steady"), last()]).toEqual([0, 0, 0, 0]);
  });

  it("knows who was asked for in the last 10 minutes, and forgets one that is gone", () => {
    const history = createHistory({ topHostnames: 2 });
    const waiting = arrived({ hostname: "blog" });
    history.began(waiting);
    request(history, { hostname: "shop" });
    request(history, { hostname: "third" });
    expect(history.hostnames().sort()).toEqual(["blog", "shop"]);
    vi.advanceTimersByTime(600_000);
    expect(history.hostnames().sort()).toEqual(["blog", "shop"]);
    vi.advanceTimersByTime(1_000);
    expect(history.hostnames()).toEqual(["blog"]);
    history.forget("blog");
    history.forget("nobody");
    expect(history.hostnames()).toEqual([]);
    vi.advanceTimersByTime(1_000);
    const last = (hostname?: string) => history.series(hostname, "10m").points.at(-1)?.inFlight;
    expect([last("_other"), last("blog"), last()]).toEqual([1, 0, 1]);
    history.finished(ended(waiting));
    vi.advanceTimersByTime(2_000);
    expect([last("_other"), last("blog"), last()]).toEqual([0, 0, 0]);
  });

  it("takes memory for the busiest alone, whatever names come", () => {
    const history = createHistory({ topHostnames: 500 });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20_000; i += 1) {
      request(history, { hostname: `name-${i}.example` });
      if (i % 200 === 0) vi.advanceTimersByTime(10_000);
    }
    const bytes = process.memoryUsage().arrayBuffers - before;
    expect(bytes / 502).toBeLessThan(55_000);
    expect(bytes).toBeLessThan(32 * 2 ** 20);
    expect(history.stats("name-0.example").requestsPerMinute).toBe(0);
    expect(history.stats().requestsPerMinute).toBe(history.stats("_other").requestsPerMinute);
  });

  it.each([{ topHostnames: 0 }, { topHostnames: 501 }, { topHostnames: 1.5 }, { hostnames: 3 }])(
    "refuses %j",
    (config) => {
      expect(() => createHistory(config as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    },
  );
});
