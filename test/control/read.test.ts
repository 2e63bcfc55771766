import type { ServerResponse } from "node:http";
import express from "express";
import { describe, expect, it, vi } from "vitest";
import { RequestRecord } from "../../src/base/request-record.ts";
import { eventText } from "../../src/control/event-text.ts";
import { type AppFactory, type RunningSwitchboard, threadApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client } from "../support/client.ts";
import { answering, makeFolder } from "../support/folder.ts";
import { parsePrometheus, sumOf } from "../support/prometheus.ts";
import { ControlClient } from "./client.ts";

const hello = () => express().get("/", (_request, response) => void response.send("hello"));

/** A request that is over, as the switchboard would note it. */
function note(
  board: RunningSwitchboard,
  given: { hostname: string; status: number; path?: string; ms?: number; method?: string },
): void {
  const { hostname, status, path = "/", ms = 5, method = "GET" } = given;
  const record = new RequestRecord(
    `id-${(board.observation?.requests.last ?? 0) + 1}`,
    "127.0.0.1",
    method,
    path,
    false,
  );
  record.hostname = hostname;
  record.kind = "inline";
  record.status = status;
  record.outcome = "served";
  record.headUs = ms * 500;
  record.closedUs = ms * 1_000;
  board.observation?.requests.add(record);
}

describe("what has happened", () => {
  it.each([
    [{ type: "recovered", hostname: "shop", afterMs: 163_409 }, "shop is well again, 2m 43s after its first failure."],
    [{ type: "error", hostname: "shop", message: 'the thread of "shop" failed' }, 'the thread of "shop" failed'],
    [{ type: "error", hostname: "shop", message: "no milk" }, "shop: no milk"],
  ])("is told in one sentence: %j", (event, sentence) => {
    expect(eventText(event)).toBe(sentence);
  });
});

describe("reading", () => {
  it("says how the switchboard is, under every path that it has for that", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      expect(await client.get("/health")).toMatchObject({ status: 200, body: { status: "ok" } });
      expect(await client.get("/ready")).toMatchObject({ status: 200, body: { status: "ready" } });
      expect(await client.get("/servers")).toMatchObject({ body: { running: 1, servers: [{ hostname: "shop" }] } });
      expect((await client.get("/metrics")).headers.get("content-type")).toMatch(/^text\/plain/);
      expect((await client.get("/api/session")).body).toMatchObject({ role: "viewer", canWrite: false, local: true });
      expect((await client.get("/api/metrics")).body).toMatchObject({
        systemOverview: { activeServers: 1, systemStatus: "healthy" },
        pool: { running: 1, maxServers: 100 },
        recentLogs: [{ type: "started" }, { type: "starting" }, { type: "listening" }],
      });
      expect((await client.get("/api/limits")).body).toMatchObject({ servers: { max: 100, used: 1 } });
      expect((await client.get("/api/history?range=24h")).body).toMatchObject({ stepMs: 60_000 });
      expect(await client.get("/api/history?range=1y")).toMatchObject({ status: 400, body: { field: "range" } });
    });
  });

  it("answers alike below /__switchboard/ of a loopback name", async () => {
    await withBoard({ app: hello }, async (board) => {
      const paths = ["/health", "/api/services", "/openapi.json"];
      const base = `http://127.0.0.1:${board.port}/__switchboard`;
      const own = await Promise.all(paths.map(async (path) => (await board.fetch("switchboard", path)).status));
      const { dispatcher } = board;
      const below = await Promise.all(
        paths.map(async (path) => (await fetch(`${base}${path}`, { dispatcher: await dispatcher() } as never)).status),
      );
      expect([own, below]).toEqual([
        [200, 200, 200],
        [200, 200, 200],
      ]);
    });
  });

  it("is degraded for as long as a failure is remembered, also while it may be tried again", async () => {
    let broken = true;
    const app: AppFactory = ({ hostname }) => {
      if (hostname === "bad" && broken) throw new Error("no database");
      return hello();
    };
    const restart = { backoff: { initialMs: 1, maxMs: 1 }, withinMs: 50 } as const;
    await withBoard({ app, restart }, async (board) => {
      const client = await ControlClient.open(board);
      const status = async () => (await client.get("/api/metrics")).body.systemOverview.systemStatus;
      await board.fetch("shop");
      expect(await status()).toBe("healthy");
      await board.fetch("bad");
      await vi.waitFor(() => expect(board.pool.inspect().refused).toEqual([]));
      expect(board.pool.failures()).toMatchObject([{ hostname: "bad", retryAfterMs: 0 }]);
      expect(await status()).toBe("degraded");
      await board.pool.shutdown("shop");
      expect(await status()).toBe("degraded");
      broken = false;
      await board.fetch("bad");
      await vi.waitFor(async () => expect(await status()).toBe("healthy"));
    });
  });

  it("tells that a server stops for as long as its successor waits for that", async () => {
    const held: ServerResponse[] = [];
    const app: AppFactory = () => (_request, response) => void held.push(response);
    await withBoard({ app }, async (board) => {
      const client = await ControlClient.open(board);
      const state = async () => (await client.get("/api/services/shop")).body.state;
      const asked = board.fetch("shop");
      await vi.waitFor(() => expect(held).toHaveLength(1));
      void board.pool.shutdown("shop");
      const next = board.pool.getOrCreate("shop");
      expect(board.pool.inspect()).toMatchObject({ starting: 1, stopping: 1 });
      expect(await state()).toBe("stopping");
      held[0]?.end();
      await asked;
      await next;
      expect(await state()).toBe("running");
    });
  });

  it("tells how full rate limits are, unless they are counted elsewhere", async () => {
    const use = { free: true, used: 1, resetMs: 0, retryAfterMs: 0, blockedMs: 0 };
    const store = { take: async () => use, look: async () => use, block: async () => {} };
    const rateLimit = {
      limit: 2,
      windowMs: 60_000,
      by: "hostname",
      penalty: { after: 1, withinMs: 60_000, blockMs: 60_000 },
    } as const;
    const hostnames = { shared: { rateLimit: { limit: 5, windowMs: 1_000, store } } };
    await withBoard({ app: hello, rateLimit, hostnames }, async (board) => {
      const client = await ControlClient.open(board);
      const rows = async () => (await client.get("/api/limits")).body.rateLimits;
      const own = { limit: 2, windowMs: 60_000, by: "hostname" };
      const shared = { limit: 5, windowMs: 1_000, by: "client", keys: null, blocked: null };
      expect(await rows()).toEqual([{ ...own, keys: 0, blocked: 0 }, shared]);
      for (const hostname of ["shop", "shop", "shop", "blog", "shared"]) await board.fetch(hostname);
      const [row, other] = await rows();
      expect(row).toMatchObject({ ...own, blocked: 1 });
      expect(row.keys).toBeGreaterThanOrEqual(2);
      expect(other).toEqual(shared);
    });
  });

  it("leads from /__switchboard to its folder, where the addresses in the page fit", async () => {
    await withBoard({ app: hello }, async (board) => {
      const response = await board.fetch("switchboard", "/__switchboard?a=b", { redirect: "manual" });
      expect({ status: response.status, location: response.headers.get("location") }).toEqual({
        status: 308,
        location: "./__switchboard/?a=b",
      });
      expect((await board.fetch("switchboard", "/__switchboard")).url).toBe(
        board.url("switchboard", "/__switchboard/"),
      );
      expect(await (await board.fetch("switchboard", "/__switchboard/")).text()).toContain(
        "<title>Switchboard</title>",
      );
    });
  });

  it("lists what runs, what could, and what has failed, by pages", async () => {
    await using folder = await makeFolder({
      "idle.mjs": answering("idle"),
      "broken.mjs": "throw new Error('broken');",
    });
    await withBoard({ apps: folder.path, restart: { maxRestarts: 0 } }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("broken");
      const { body } = await client.get("/api/services?spark=3");
      expect(body).toMatchObject({ total: 2, next: null });
      expect(body.services).toMatchObject([
        { hostname: "broken", state: "failed", declared: true, failure: { failures: 1 }, spark: [0, 0, 0] },
        { hostname: "idle", state: "stopped", declared: true, kind: null, url: board.url("idle"), failure: null },
      ]);
      expect(body.services[0].failure.message).toContain("broken");
      const first = (await client.get("/api/services?limit=1")).body;
      expect(first).toMatchObject({ total: 2, next: "broken", services: [{ hostname: "broken" }] });
      const second = (await client.get(`/api/services?limit=1&after=${first.next}`)).body;
      expect(second).toMatchObject({ total: 2, next: null, services: [{ hostname: "idle" }] });
      expect((await client.get("/api/services?search=ID")).body).toMatchObject({ total: 1 });
      expect((await client.get("/api/services?state=stopped")).body.services).toMatchObject([{ hostname: "idle" }]);
      expect((await client.get("/api/services/idle/history")).body).toMatchObject({ stepMs: 1_000 });
      expect(await client.get("/api/services/other")).toMatchObject({
        status: 404,
        body: { code: "SERVICE_NOT_FOUND" },
      });
      expect(await client.get("/api/services/other/history")).toMatchObject({ status: 404 });
    });
  });

  it("says in plain words which field is wrong, what it must be, and what it is", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      const detail = async (query: string) => (await client.get(`/api/services?${query}`)).body.detail;
      expect(await detail("limit=0")).toBe("limit must be at least 1, got 0");
      expect(await detail("state=well")).toMatch(/^state must be one of running, starting, .*, got "well"$/);
      expect(await detail("colour=red")).toBe("colour is not known here");
      expect(await detail(`search=${"a".repeat(254)}`)).toMatch(
        /^search must be at most 253 characters long, got "a{59}…$/,
      );
    });
  });

  it("finds what has failed, whether or not it can be started again", async () => {
    await using folder = await makeFolder({ "bad.mjs": "throw new Error('broken');", "well.mjs": answering("well") });
    for (const [restart, state] of [
      [{ backoff: { initialMs: 1, maxMs: 1 } }, "failed"],
      [{ backoff: { initialMs: 1_000_000_000, maxMs: 1_000_000_000 } }, "backing-off"],
      [{ maxRestarts: 0 }, "failed"],
    ] as const) {
      await withBoard({ apps: folder.path, restart }, async (board) => {
        const client = await ControlClient.open(board);
        for (const name of ["bad", "well"]) await board.fetch(name);
        await vi.waitFor(async () => {
          const { body } = await client.get("/api/services?state=failed");
          expect(body).toMatchObject({ total: 1, services: [{ hostname: "bad", state, failure: { failures: 1 } }] });
        });
        const counts = state === "failed" ? { failed: 1, backingOff: 0 } : { failed: 0, backingOff: 1 };
        expect(await client.get("/servers")).toMatchObject({ body: { running: 1, ...counts } });
        expect((await client.get("/api/metrics")).body.pool).toMatchObject({ running: 1, ...counts });
        const families = parsePrometheus((await client.get("/metrics")).body);
        expect(sumOf(families, "switchboard_servers", { state })).toBe(1);
      });
    }
  });

  it("knows names that never had a server by their requests and faults, and where a request would start one", async () => {
    await using folder = await makeFolder({ "cold.mjs": answering("cold"), "shop.mjs": answering("shop") });
    const apps = { "*.docs": { module: folder.at("cold.mjs") }, shop: { module: folder.at("shop.mjs") } };
    await withBoard({ apps }, async (board) => {
      const client = await ControlClient.open(board);
      const names = async () =>
        (await client.get("/api/services")).body.services.map(({ hostname }: { hostname: string }) => hostname);
      expect(await names()).toEqual(["shop"]);
      await client.send("POST", "/api/faults", { kind: "status", status: 503, hostname: "cold.docs" });
      expect(await names()).toEqual(["cold.docs", "shop"]);
      expect((await client.get("/api/services/cold.docs")).body).toMatchObject({ state: "stopped", faults: 1 });
      await client.send("POST", "/api/faults", { kind: "status", status: 503, hostname: "*" });
      await board.fetch("nobody");
      await board.fetch("other.docs");
      expect(await names()).toEqual(["cold.docs", "other.docs", "shop"]);
      expect((await client.get("/api/services/other.docs")).body).toMatchObject({
        declared: false,
        stats: { errorRate: 1 },
      });
      expect((await client.get("/api/logs/other.docs")).body).toMatchObject({ from: null, lines: [] });
      expect((await client.send("DELETE", "/api/services/nobody")).status).toBe(404);
      expect((await client.send("DELETE", "/api/services/other.docs")).body.code).toBe("NOT_ADDED");
      const url = board.url("new.docs");
      expect(await client.get("/api/services/new.docs")).toMatchObject({
        status: 404,
        body: { detail: `"new.docs" has no server now; a request to ${url} starts it`, url },
      });
      expect((await client.get("/api/services/nowhere")).body.detail).toMatch(/^there is no service "nowhere"; /);
    });
  });

  it("tells what a thread has printed", async () => {
    await using folder = await makeFolder({
      "app.mjs":
        "console.log('one'); console.error('two');\nexport default () => (_request, response) => response.end();\n",
    });
    await withBoard({ app: () => threadApp(folder.at("app.mjs")) }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      const { body } = await client.get("/api/logs/shop");
      expect(body.lines.map(({ text }: { text: string }) => text).sort()).toEqual(["one", "two"]);
      expect((await client.get("/api/logs/shop?lines=1")).body.lines).toHaveLength(1);
      expect((await client.get("/api/services/shop")).body).toMatchObject({
        kind: "thread",
        replicas: [{ id: 1, state: "running" }],
      });
      expect((await client.get("/api/metrics")).body).toMatchObject({
        loadBalancer: { services: [{ hostname: "shop", strategy: "power-of-two" }] },
        scaling: { services: [{ hostname: "shop", wanted: 1, running: 1 }] },
      });
      expect(await client.get("/api/logs/nobody")).toMatchObject({ status: 404, body: { code: "SERVICE_NOT_FOUND" } });
    });
  });

  it("tells what an app had printed when it failed, and says that it is of a failure", async () => {
    await using folder = await makeFolder({
      "bad.mjs": "console.error('DATABASE_URL is not set'); process.exit(1);",
      "idle.mjs": answering("idle"),
    });
    await withBoard({ apps: folder.path }, async (board) => {
      const client = await ControlClient.open(board);
      expect((await client.get("/api/logs/idle")).body).toEqual({ hostname: "idle", from: null, lines: [] });
      for (const name of ["idle", "bad"]) await board.fetch(name);
      expect((await client.get("/api/logs/idle")).body).toEqual({ hostname: "idle", from: "server", lines: [] });
      const { from, lines } = (await client.get("/api/logs/bad")).body;
      expect(from).toBe("failure");
      expect(lines).toMatchObject([{ stream: "stderr", text: "DATABASE_URL is not set", complete: true }]);
    });
  });

  it("finds requests by what they were, the newest first, page by page", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      for (let i = 1; i <= 5; i += 1) note(board, { hostname: "shop", status: 200, path: `/cart/${i}`, ms: i * 10 });
      note(board, { hostname: "blog", status: 503, method: "POST" });
      const seqs = async (query: string) =>
        (await client.get(`/api/requests?${query}`)).body.requests.map(({ seq }: { seq: number }) => seq);
      expect(await seqs("")).toEqual([6, 5, 4, 3, 2, 1]);
      expect(await seqs("hostname=SHOP&minMs=35")).toEqual([5, 4]);
      expect(await seqs("status=5xx")).toEqual([6]);
      expect(await seqs("status=200&path=cart/2")).toEqual([2]);
      expect(await seqs("method=post")).toEqual([6]);
      expect(await seqs("outcome=cut")).toEqual([]);
      expect(await seqs("id=id-3")).toEqual([3]);
      expect(await seqs(`since=${Date.now() + 60_000}`)).toEqual([]);
      expect(await seqs("since=2020-01-01T00:00:00Z")).toHaveLength(6);
      const page = (await client.get("/api/requests?limit=4")).body;
      expect(page).toMatchObject({ next: 3, last: 6, dropped: 0 });
      expect(await seqs(`limit=4&before=${page.next}`)).toEqual([2, 1]);
    });
  });

  it("tells events in sentences, with what went wrong", async () => {
    const app = () => {
      throw new Error("out of milk");
    };
    await withBoard({ app }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      const { body } = await client.get("/api/events?hostname=shop&type=error");
      expect(body.events).toMatchObject([
        {
          type: "error",
          hostname: "shop",
          text: expect.stringMatching(/^shop: out of milk \(.*read\.test\.ts:\d+:\d+\)$/),
          error: { name: "Error", message: "out of milk" },
        },
      ]);
      expect(JSON.stringify(body)).not.toContain("    at "); // no stack
      expect((await client.get("/api/events?limit=1")).body).toMatchObject({
        events: [{ type: "backing-off" }],
        next: 4,
      });
    });
  });

  const WRONG: [query: string, field: string][] = [
    ["limit=-1", "limit"],
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=many", "limit"],
    ["limit=1.5", "limit"],
    ["limit=1&limit=2", "limit"],
    ["limit=", "limit"],
    ["before=0", "before"],
    ["before=99999999999999999999", "before"],
    ["status=9xx", "status"],
    ["status=2..", "status"],
    ["minMs=-1", "minMs"],
    ["minMs=x", "minMs"],
    ["outcome=(a%2B)%2B$", "outcome"],
    ["hostname=..%2F..", "hostname"],
    [`hostname=${"a".repeat(300)}`, "hostname"],
    ["since=yesterday", "since"],
    [`path=${"a".repeat(600)}`, "path"],
    ["method=GET%20/", "method"],
    ["colour=red", "colour"],
  ];

  it.each(WRONG)("refuses /api/requests?%s, and names the field", async (query, field) => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      const { status, body } = await client.get(`/api/requests?${query}`);
      expect({ status, code: body.code, field: body.field }).toEqual({ status: 400, code: "INVALID_INPUT", field });
    });
  });

  it("says which methods a path has", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      const answer = await client.send("DELETE", "/api/services");
      expect(answer).toMatchObject({ status: 405, body: { code: "METHOD_NOT_ALLOWED" } });
      expect(answer.headers.get("allow")).toBe("GET, POST");
    });
  });

  it("serves the dashboard and what it needs, also from elsewhere, with a strict policy", async () => {
    await withBoard({}, async (board) => {
      const far = { "X-Forwarded-For": "203.0.113.9" };
      for (const path of ["/", "/vendor/uPlot.esm.js", "/vendor/uPlot.min.css"]) {
        const response = await board.fetch("switchboard", path, { headers: far });
        await response.text();
        expect(response.status, path).toBe(200);
        expect(response.headers.get("content-security-policy")).toContain("script-src 'self'; style-src 'self'");
        expect(response.headers.get("cache-control")).toBe("no-cache");
        const etag = response.headers.get("etag") as string;
        const again = new Client(board.port); // fetch would say that it wants no answer of a cache
        again.send(`GET ${path} HTTP/1.0\r\nHost: switchboard.localhost\r\nIf-None-Match: ${etag}\r\n\r\n`);
        expect(await again.end(), path).toMatch(/^HTTP\/1.1 304 /);
        again.destroy();
      }
      for (const path of [
        "/vendor/package.json",
        "/vendor/..%2f..%2fpackage.json",
        "/..%2fapi.ts",
        "/.git",
        "/dashboard/",
      ]) {
        expect((await board.fetch("switchboard", path)).status, path).toBe(404);
      }
    });
  });

  it("serves the dashboard to a client that has asked the API too often", async () => {
    await withBoard({}, async (board) => {
      const ask = async (path: string) => {
        const response = await board.fetch("switchboard", path);
        await response.text();
        return response.status;
      };
      const client = new Client(board.port);
      client.send("HEAD /api/services HTTP/1.1\r\nHost: switchboard.localhost\r\n\r\n".repeat(1_001));
      await client.until("HTTP/1.1 429 ");
      client.destroy();
      expect(await ask("/no-such-file.js")).toBe(429);
      for (const path of ["/", "/main.js", "/__switchboard/main.js"]) expect(await ask(path), path).toBe(200);
    });
  });

  it("says that there is nothing at a path", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      expect(await client.get("/api/nothing")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
      expect(await client.get("/api/services/..%2f..%2fetc")).toMatchObject({
        status: 400,
        body: { field: "hostname" },
      });
    });
  });
});
