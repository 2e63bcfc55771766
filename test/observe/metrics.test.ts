import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMetrics } from "../../src/observe/metrics/metrics.ts";
import type { PoolSample } from "../../src/observe/metrics/pool.ts";
import { countersOf, parsePrometheus, samplesOf, sumOf } from "../support/prometheus.ts";
import { arrived, ended, request } from "../support/records.ts";

const POOL: PoolSample = {
  running: 2,
  starting: 1,
  queued: 4,
  stopping: 3,
  backingOff: 5,
  failed: 6,
  maxServers: 100,
  websockets: 9,
  services: [
    { hostname: "shop", requests: 1, sockets: 2, replicas: 3, breaker: "open" },
    { hostname: "blog", requests: 0, sockets: 0, replicas: 1 },
    { hostname: "unknown", requests: 0, sockets: 7, replicas: 1, breaker: "closed" },
  ],
};

const create = (topHostnames?: number) => createMetrics({ sample: () => POOL, topHostnames });
const scrape = async (metrics: ReturnType<typeof create>) => parsePrometheus(await metrics.text());

describe("createMetrics", () => {
  it("counts requests by hostname, method and status", async () => {
    const metrics = create();
    request(metrics, { hostname: "shop", status: 200, bytesIn: 100, bytesOut: 2_000 });
    request(metrics, { hostname: "shop", status: 200, bytesIn: 100, bytesOut: 2_000 });
    request(metrics, { hostname: "shop", status: 404, method: "DELETE" });
    request(metrics, { hostname: "blog", status: 429, outcome: "refused", code: "RATE_LIMITED" });
    request(metrics, { hostname: "blog", status: undefined, outcome: "client-gone" });
    request(metrics, { hostname: undefined, status: 421, method: "PROPFIND" });
    const families = await scrape(metrics);
    const answered = samplesOf(families, "http_requests_total").map(
      ({ labels: { hostname, method, status }, value }) => `${hostname} ${method} ${status} ${value}`,
    );
    expect(answered.sort()).toEqual([
      "_other _other 421 1",
      "blog GET 429 1",
      "blog GET none 1",
      "shop DELETE 404 1",
      "shop GET 200 2",
    ]);
    expect(sumOf(families, "http_request_bytes_total", { hostname: "shop" })).toBe(200);
    expect(sumOf(families, "http_response_bytes_total", { hostname: "shop" })).toBe(4_000);
    expect(sumOf(families, "switchboard_rate_limited_total", { hostname: "blog" })).toBe(1);
    expect(sumOf(families, "switchboard_rate_limited_total")).toBe(1);
  });

  it("has a histogram of durations, in seconds", async () => {
    const metrics = create();
    for (const ms of [0.5, 1, 1.001, 30, 60_000]) request(metrics, { hostname: "shop", ms });
    const families = await scrape(metrics);
    const upTo = (le: string) => sumOf(families, "http_request_duration_seconds_bucket", { hostname: "shop", le });
    expect(["0.001", "0.0025", "0.025", "0.05", "30", "+Inf"].map(upTo)).toEqual([2, 3, 3, 4, 4, 5]);
    expect(sumOf(families, "http_request_duration_seconds_sum", { hostname: "shop" })).toBeCloseTo(60.0325);
    expect(sumOf(families, "http_request_duration_seconds_count", { hostname: "shop" })).toBe(5);
  });

  it("says what is in flight, and counts upgrades without a duration", async () => {
    const metrics = create();
    const [one, two, socket] = [
      arrived({ hostname: "shop" }),
      arrived({ hostname: "shop" }),
      arrived({ hostname: "shop", upgrade: true }),
    ];
    for (const record of [one, two, socket]) metrics.began(record);
    const inFlight = async () => sumOf(await scrape(metrics), "http_requests_in_flight", { hostname: "shop" });
    expect(await inFlight()).toBe(2);
    metrics.finished(ended(one));
    metrics.finished(ended(socket, { status: 101, ms: 1e9 }));
    expect(await inFlight()).toBe(1);
    const families = await scrape(metrics);
    expect(sumOf(families, "http_requests_total", { status: "101" })).toBe(1);
    expect(sumOf(families, "http_request_duration_seconds_count")).toBe(1);
  });

  it("shows the pool as it is at the scrape", async () => {
    const metrics = create();
    for (const hostname of ["shop", "blog"]) request(metrics, { hostname });
    const families = await scrape(metrics);
    const states = samplesOf(families, "switchboard_servers").map(({ labels, value }) => [labels.state, value]);
    expect(Object.fromEntries(states)).toEqual({ running: 2, starting: 1, stopping: 3, "backing-off": 5, failed: 6 });
    expect(sumOf(families, "switchboard_servers_max")).toBe(100);
    expect(sumOf(families, "switchboard_start_queue_length")).toBe(4);
    expect(sumOf(families, "switchboard_replicas", { hostname: "shop" })).toBe(3);
    const sockets = samplesOf(families, "switchboard_websockets_open").map(({ labels, value }) => [
      labels.hostname,
      value,
    ]);
    expect(Object.fromEntries(sockets)).toEqual({ shop: 2, blog: 0, _other: 7 });
    const breakers = samplesOf(families, "switchboard_breaker_state").filter(({ value }) => value !== 0);
    expect(breakers.map(({ labels }) => labels)).toEqual([
      { hostname: "_other", state: "closed" },
      { hostname: "shop", state: "open" },
    ]);
  });

  it("rejects a scrape whose sample throws, and serves the next one", async () => {
    let broken = true;
    const metrics = createMetrics({
      sample: () => {
        if (broken) throw new Error("no pool");
        return POOL;
      },
    });
    await expect(metrics.text()).rejects.toThrow("no pool");
    broken = false;
    expect(await metrics.text()).toContain("switchboard_servers");
  });

  it("has its own numbers in every instance", async () => {
    const [one, two] = [create(), create()];
    request(one, { hostname: "shop" });
    expect(sumOf(await scrape(one), "http_requests_total")).toBe(1);
    expect(sumOf(await scrape(two), "http_requests_total")).toBe(0);
    expect(one.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  it("serves several scrapes at once", async () => {
    const metrics = create();
    request(metrics, { hostname: "shop" });
    for (const text of await Promise.all([metrics.text(), metrics.text(), metrics.text()])) {
      expect(sumOf(parsePrometheus(text), "http_requests_total")).toBe(1);
    }
  });

  it("has a sentence of help for everything", async () => {
    for (const { name, help } of (await scrape(create())).values()) expect(help, name).toMatch(/^[A-Z].{15,}\.$/);
  });

  it.each([{}, { sample: 1 }, { sample: () => POOL, topHostnames: 0 }, { sample: () => POOL, top: 1 }])(
    "refuses %j",
    (config) => {
      expect(() => createMetrics(config as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    },
  );
});

describe("metrics of servers", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("count starts and how long they took, failures, restarts and evictions", async () => {
    const metrics = create();
    const tell = (type: string, hostname: string, more = {}) => metrics.event({ type, hostname, ...more });
    tell("starting", "shop");
    vi.advanceTimersByTime(200);
    tell("started", "shop", { port: 3001 });
    tell("starting", "blog");
    tell("error", "blog");
    tell("backing-off", "blog");
    tell("error", "shop");
    tell("stopped", "shop");
    tell("restarting", "shop"); // it had run: this is no failed start
    tell("starting", "shop");
    vi.advanceTimersByTime(5);
    tell("started", "shop");
    tell("stopping", "shop", { reason: "evicted" });
    tell("starting", "wiki");
    tell("stopping", "wiki", { reason: "shutdown" }); // stopped before it was ready: neither
    tell("backing-off", "wiki");
    metrics.event({ type: "listening" });
    const families = await scrape(metrics);
    const starts = (outcome: string, hostname: string) =>
      sumOf(families, "switchboard_starts_total", { outcome, hostname });
    expect([starts("ready", "shop"), starts("failed", "shop"), starts("failed", "blog")]).toEqual([2, 0, 1]);
    expect(sumOf(families, "switchboard_starts_total")).toBe(3);
    expect(sumOf(families, "switchboard_restarts_total", { hostname: "shop" })).toBe(1);
    expect(sumOf(families, "switchboard_evictions_total")).toBe(1);
    expect(sumOf(families, "switchboard_start_duration_seconds_sum")).toBeCloseTo(0.205);
    expect(sumOf(families, "switchboard_start_duration_seconds_bucket", { le: "0.005" })).toBe(1);
    expect(sumOf(families, "switchboard_start_duration_seconds_count")).toBe(2);
  });
});

describe("metrics of this process", () => {
  it("are those that dashboards know", async () => {
    const families = await scrape(create());
    expect(sumOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(sumOf(families, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(sumOf(families, "nodejs_heap_size_used_bytes")).toBeGreaterThan(1e6);
    expect(sumOf(families, "process_start_time_seconds")).toBeLessThan(Date.now() / 1_000);
    expect(samplesOf(families, "nodejs_version_info")[0]?.labels.version).toBe(process.version);
  });

  it("keep nothing open, and the process not alive", async () => {
    const metrics = create();
    const before = process.getActiveResourcesInfo();
    await metrics.text();
    expect(process.getActiveResourcesInfo()).toEqual(before);
    metrics.close();
  });

  it("tell how late the event loop was since the last scrape, until the end", async () => {
    const metrics = create();
    expect(samplesOf(await scrape(metrics), "nodejs_eventloop_lag_max_seconds")).toEqual([]);
    expect(await metrics.text()).toContain(
      "At most, how late the event loop was since the scrape before, whoever that was by;",
    );
    const lag = async () => sumOf(await scrape(metrics), "nodejs_eventloop_lag_max_seconds");
    await vi.waitFor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30)); // the event loop turns
      const until = performance.now() + 100;
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(await lag()).toBeGreaterThan(0.05);
    });
    metrics.close();
    metrics.close();
    expect(samplesOf(await scrape(metrics), "nodejs_eventloop_lag_max_seconds")).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(samplesOf(await scrape(metrics), "nodejs_eventloop_lag_max_seconds")).toEqual([]);
  });
});

describe("labels of hostnames", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const requestsOf = async (metrics: ReturnType<typeof create>) => {
    const rows = samplesOf(await scrape(metrics), "http_requests_total");
    return Object.fromEntries(rows.map(({ labels, value }) => [labels.hostname, value]));
  };

  it("go to the first ones, and later to those that are busier", async () => {
    const metrics = create(2);
    for (const hostname of ["a", "b", "c"]) request(metrics, { hostname });
    expect(await requestsOf(metrics)).toEqual({ a: 1, b: 1, _other: 1 });
    for (let i = 0; i < 10; i += 1) for (const hostname of ["a", "c"]) request(metrics, { hostname });
    expect(await requestsOf(metrics)).toEqual({ a: 11, _other: 12 });
    request(metrics, { hostname: "c" });
    request(metrics, { hostname: "b" });
    expect(await requestsOf(metrics)).toEqual({ a: 11, c: 1, _other: 13 });
  });

  it("cannot be taken by a hostname called _other", async () => {
    const metrics = create();
    request(metrics, { hostname: "_other" });
    request(metrics, { hostname: undefined });
    expect(await requestsOf(metrics)).toEqual({ _other: 2 });
  });

  it("change hands without a counter, or a sum over all hostnames, that gets smaller", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    const metrics = create(3);
    let told = 0;
    let before = new Map<string, number>();
    const labelled = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      vi.advanceTimersByTime(300_000);
      const busy = Math.floor(round / 5) % 7; // with three labels for eight names, each comes and goes
      const open = Array.from({ length: 40 }, (_, i) =>
        arrived({ hostname: `host-${i % 2 === 0 ? busy : i % 8}`, method: ["GET", "POST", "BREW"][i % 3] as string }),
      );
      for (const record of open) metrics.began(record);
      metrics.event({ type: "restarting", hostname: `host-${busy}` });
      const during = await scrape(metrics);
      expect(sumOf(during, "http_requests_in_flight")).toBe(40);
      expect(samplesOf(during, "http_requests_in_flight").every(({ value }) => value >= 0)).toBe(true);
      for (const record of open) {
        metrics.finished(ended(record, { bytesIn: 7, ms: round, status: 200 + (told % 30) }));
        told += 1;
      }
      const after = await scrape(metrics);
      for (const families of [during, after]) {
        const counters = countersOf(families);
        for (const [id, value] of counters) expect(value, id).toBeGreaterThanOrEqual(before.get(id) ?? 0);
        before = counters;
      }
      expect(sumOf(after, "http_requests_total")).toBe(told);
      expect(sumOf(after, "http_request_bytes_total")).toBe(told * 7);
      expect(sumOf(after, "http_request_duration_seconds_count")).toBe(told);
      expect(sumOf(after, "switchboard_restarts_total")).toBe(round + 1);
      for (const { labels, value } of samplesOf(after, "http_requests_in_flight")) {
        expect(value).toBe(0);
        labelled.add(labels.hostname as string);
      }
    }
    expect(labelled.size).toBeGreaterThan(6); // places did change hands
  });

  it("leave less than 2 MB of text and no memory after 100,000 random names, methods and statuses", async () => {
    const metrics = create();
    const label = "a".repeat(61);
    const methods = ["GET", "POST", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS", "BREW"];
    const storm = (from: number, to: number) => {
      for (let i = from; i < to; i += 1) {
        const hostname = `${label}.${label}.${label}.${`${i}`.padStart(61, "0")}`;
        request(metrics, { hostname, method: methods[i % 8] as string, status: 200 + (i % 300) });
        metrics.event({ type: "starting", hostname });
      }
    };
    storm(0, 20_000);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    for (let i = 20_000; i < 100_000; i += 1_000) {
      storm(i, i + 1_000);
      if (i % 10_000 === 0) await metrics.text();
    }
    const text = await metrics.text();
    const after = process.memoryUsage();
    expect(after.arrayBuffers - arrayBuffers).toBeLessThan(1e6);
    expect(after.heapUsed - heapUsed).toBeLessThan(50e6); // garbage included; the names alone would be 25 MB, and more in a Map
    const families = parsePrometheus(text);
    expect(sumOf(families, "http_requests_total")).toBe(100_000);
    expect(samplesOf(families, "http_requests_in_flight")).toHaveLength(101);
    // The worst that there can be: each of the longest names with as many methods and statuses as are told apart.
    for (const { labels } of samplesOf(families, "http_requests_in_flight")) {
      const hostname = labels.hostname as string;
      for (let i = 0; i < 400; i += 1)
        request(metrics, { hostname, method: methods[i % 8] as string, status: 100 + i });
    }
    const worst = await metrics.text();
    expect(samplesOf(parsePrometheus(worst), "http_requests_total").length).toBeGreaterThan(2_000);
    expect(Buffer.byteLength(worst)).toBeLessThan(2_000_000);
  });
});
