import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { describe, expect, it, vi } from "vitest";
import { threadApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { answering, makeFolder } from "../support/folder.ts";
import { createGate } from "../support/gate.ts";
import { ControlClient } from "./client.ts";

const hello = () => express().get("/", (_request, response) => void response.send("hello"));

describe("services that are added while everything runs", () => {
  it("go before what a factory would make, are replaced, and are taken away", async () => {
    await using folder = await makeFolder({ "one.mjs": answering("one"), "two.mjs": answering("two") });
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      const text = async () => (await board.fetch("shop")).text();
      expect(await text()).toBe("hello");
      const added = await client.send("POST", "/api/services", {
        name: "Shop",
        module: folder.at("one.mjs"),
        replicas: 2,
      });
      expect(added).toMatchObject({
        status: 201,
        body: { hostname: "shop", state: "running", declared: true, kind: "thread" },
      });
      expect(added.headers.get("location")).toBe("services/shop");
      expect(await text()).toBe("one");
      expect(await client.send("POST", "/api/services", { name: "shop", url: "http://127.0.0.1:1" })).toMatchObject({
        status: 409,
        body: { code: "SERVICE_EXISTS" },
      });
      expect(await text()).toBe("one");
      const replaced = await client.send("PUT", "/api/services/shop", { module: folder.at("two.mjs"), kind: "inline" });
      expect(replaced).toMatchObject({ status: 200, body: { state: "running", kind: "inline" } });
      expect(await text()).toBe("two");
      expect(await client.send("DELETE", "/api/services/shop")).toMatchObject({ status: 204, body: "" });
      expect(board.pool.get("shop")).toBeUndefined();
      expect(await text()).toBe("hello");
      expect(await client.send("DELETE", "/api/services/shop")).toMatchObject({
        status: 409,
        body: { code: "NOT_ADDED" },
      });
      expect(await client.send("DELETE", "/api/services/other")).toMatchObject({ status: 404 });
    });
  });

  it("stand over the apps of the options, which count again when they are gone", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("configured"), "new.mjs": answering("new") });
    const apps = { shop: { module: folder.at("shop.mjs") } };
    await withBoard({ apps }, async (board) => {
      const client = await ControlClient.open(board);
      const text = async (hostname: string) => (await board.fetch(hostname)).text();
      const refused = await client.send("DELETE", "/api/services/shop");
      expect(refused).toMatchObject({ status: 409, body: { code: "NOT_ADDED", hostname: "shop" } });
      expect(refused.body.detail).toContain("options of the switchboard");
      expect((await board.fetch("blog")).status).toBe(404);
      const added = await client.send("POST", "/api/services", { name: "blog", module: folder.at("new.mjs") });
      expect(added).toMatchObject({ status: 201, body: { state: "stopped" } });
      expect(await text("blog")).toBe("new");
      expect(await client.send("POST", "/api/services", { name: "shop", module: "x.mjs" })).toMatchObject({
        status: 409,
      });
      await client.send("PUT", "/api/services/shop", { module: folder.at("new.mjs") });
      expect(await text("shop")).toBe("new");
      expect((await client.send("DELETE", "/api/services/shop")).status).toBe(204);
      expect(await text("shop")).toBe("configured");
    });
  });

  it("can be commands with an environment, URLs, pinned, and checked", async () => {
    const elsewhere = createServer((_request, response) => response.end("elsewhere")).listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const { port } = elsewhere.address() as AddressInfo;
    const program = `require("http").createServer((q, r) => r.end(process.env.WORD)).listen(process.env.PORT)`;
    await withBoard({ apps: {} }, async (board) => {
      const client = await ControlClient.open(board);
      const command = { name: "cmd", command: [process.execPath, "-e", program], env: { WORD: "hi" }, healthPath: "/" };
      expect(await client.send("POST", "/api/services", { ...command, pinned: true })).toMatchObject({
        status: 201,
        body: { state: "running", kind: "command", pinned: true, health: "healthy" },
      });
      expect(await (await board.fetch("cmd")).text()).toBe("hi");
      await client.send("POST", "/api/services", { name: "docs", url: `http://127.0.0.1:${port}` });
      expect(await (await board.fetch("docs")).text()).toBe("elsewhere");
      expect((await client.send("DELETE", "/api/services/cmd")).status).toBe(204);
      expect(board.pool.pinned()).toEqual([]);
    });
    elsewhere.close();
  });

  const WRONG: [what: string, body: object, field: string | undefined][] = [
    ["no source", { name: "a" }, "url"],
    ["two sources", { name: "a", url: "http://x", command: "x" }, "command"],
    ["no name", { url: "http://127.0.0.1:1" }, "name"],
    ["a name that is none", { name: "a b", url: "http://127.0.0.1:1" }, "name"],
    ["a URL with a path", { name: "a", url: "http://127.0.0.1:1/x" }, "url"],
    ["a URL that is none", { name: "a", url: "127.0.0.1" }, "url"],
    ["replicas as text", { name: "a", module: "x.mjs", replicas: "2" }, "replicas"],
    ["10,000 replicas", { name: "a", module: "x.mjs", replicas: 10_000 }, "replicas"],
    ["a kind beside a URL", { name: "a", url: "http://127.0.0.1:1", kind: "thread" }, "kind"],
    ["an environment with numbers", { name: "a", command: "x", env: { A: 1 } }, "env.A"],
    ["a health path that is none", { name: "a", module: "x.mjs", healthPath: "x" }, "healthPath"],
    ["an unknown field", { name: "a", module: "x.mjs", colour: "red" }, "colour"],
    ["a list", [], undefined],
  ];

  it.each(WRONG)("refuses %s, names the field, and changes nothing", async (_what, body, field) => {
    await withBoard({ apps: {} }, async (board) => {
      const client = await ControlClient.open(board);
      const answer = await client.send("POST", "/api/services", body);
      expect({ status: answer.status, field: answer.body.field }).toEqual({ status: 422, field });
      expect((await client.get("/api/services")).body.total).toBe(0);
    });
  });

  it("tells why an app that was added cannot start, and forgets that with the next app", async () => {
    await using folder = await makeFolder({ "bad.mjs": "throw new Error('no milk');", "good.mjs": answering("good") });
    await withBoard({ apps: {} }, async (board) => {
      const client = await ControlClient.open(board);
      await client.send("POST", "/api/services", { name: "shop", module: folder.at("bad.mjs") });
      const failed = await client.send("POST", "/api/services/shop/start");
      expect(failed).toMatchObject({ status: 503, body: { code: "START_FAILED", hostname: "shop" } });
      expect(failed.body.detail).toContain("no milk");
      expect((await client.get("/api/services/shop")).body.failure.message).toContain("no milk");
      await client.send("PUT", "/api/services/shop", { module: folder.at("good.mjs") });
      expect((await client.get("/api/services/shop")).body).toMatchObject({ state: "stopped", failure: null });
      expect(await client.send("POST", "/api/services/shop/start")).toMatchObject({
        status: 200,
        body: { state: "running" },
      });
    });
  });
});

describe("changes", () => {
  it("that lead to a failed start are made all the same, and tell why", async () => {
    await using folder = await makeFolder({ "bad.mjs": "throw new Error('no milk');" });
    await withBoard({ app: hello, restart: { maxRestarts: 0 } }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      for (const name of ["shop", "blog"]) {
        const app = { name, module: folder.at("bad.mjs"), pinned: name === "blog" };
        const { status, body } = await client.send("POST", "/api/services", app);
        expect({ status, state: body.state }).toEqual({ status: 201, state: "failed" });
        expect(body.failure.message).toContain("no milk");
      }
    });
  });

  it("that pin more than there are places for are refused, and nothing is changed", async () => {
    await withBoard({ app: hello, maxServers: 1, pinned: ["shop"] }, async (board) => {
      const client = await ControlClient.open(board);
      const refused = await client.send("POST", "/api/services", { name: "blog", module: "blog.mjs", pinned: true });
      expect(refused).toMatchObject({ status: 409, body: { code: "POOL_FULL", hostname: "blog" } });
      expect(await client.get("/api/services/blog")).toMatchObject({ status: 404 });
    });
  });

  it("are not made any more while the switchboard drains", async () => {
    const asked = createGate();
    const answer = createGate();
    const app = () => async (_request: unknown, response: ServerResponse) => {
      asked.open();
      await answer.promise;
      response.end("done");
    };
    await withBoard({ app }, async (board, log) => {
      const slow = board.fetch("shop");
      await asked.promise;
      const kept = new Client(board.port);
      const token = `Authorization: Bearer ${board.control?.token}\r\n`;
      kept.send(get("switchboard", "/ready"));
      await kept.until("ready");
      const closed = board.close();
      await log.next("draining");
      kept.send(`POST /api/services/blog/start HTTP/1.1\r\nHost: switchboard.localhost\r\n${token}\r\n`);
      expect(await kept.end()).toMatch(/HTTP\/1.1 503 .*SHUTTING_DOWN/s);
      kept.destroy();
      answer.open();
      expect(await (await slow).text()).toBe("done");
      await closed;
      expect(log.lines()).not.toContain("starting blog");
    });
  });
});

describe("actions", () => {
  it("start, stop and restart", async () => {
    await withBoard({ app: hello, graceMs: 500 }, async (board, log) => {
      const client = await ControlClient.open(board);
      expect((await client.send("POST", "/api/services/shop/start")).body).toMatchObject({ state: "running" });
      const first = board.pool.get("shop");
      expect((await client.send("POST", "/api/services/shop/restart")).body).toMatchObject({ state: "running" });
      expect(board.pool.get("shop")).not.toBe(first);
      expect(await client.send("POST", "/api/services/shop/stop")).toMatchObject({
        status: 200,
        body: { state: "stopped" },
      });
      expect(board.pool.get("shop")).toBeUndefined();
      expect(log.lines().filter((line) => line.startsWith("started"))).toHaveLength(2);
      for (const action of ["stop", "restart"]) {
        expect(await client.send("POST", `/api/services/nobody/${action}`)).toMatchObject({ status: 404 });
      }
    });
  });

  it("start says that there is no app", async () => {
    await withBoard({ apps: {} }, async (board) => {
      const client = await ControlClient.open(board);
      expect(await client.send("POST", "/api/services/shop/start")).toMatchObject({
        status: 404,
        body: { code: "DECLINED" },
      });
      const pinned = await client.send("POST", "/api/services/shop/pin", { pinned: true });
      expect(pinned).toMatchObject({ status: 404, body: { code: "DECLINED" } });
      expect(board.pool.pinned()).toEqual([]);
    });
  });

  it("start does not wait for a backoff", async () => {
    let works = false;
    const app = () => {
      if (!works) throw new Error("not yet");
      return hello();
    };
    await withBoard({ app, restart: { maxRestarts: 0 } }, async (board) => {
      const client = await ControlClient.open(board);
      expect((await board.fetch("shop")).status).toBe(503);
      works = true;
      expect((await board.fetch("shop")).status).toBe(503);
      expect((await client.send("POST", "/api/services/shop/start")).body).toMatchObject({
        state: "running",
        failure: null,
      });
    });
  });

  it("pin and unpin, also what does not run", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      expect((await client.send("POST", "/api/services/shop/pin", { pinned: true })).body).toMatchObject({
        pinned: true,
        state: "running",
      });
      expect((await client.send("POST", "/api/services/shop/stop")).body).toMatchObject({
        pinned: true,
        state: "stopped",
      });
      expect((await client.get("/api/services")).body.services).toMatchObject([{ hostname: "shop", pinned: true }]);
      expect((await client.send("POST", "/api/services/shop/pin", { pinned: false })).body).toMatchObject({
        pinned: false,
      });
      expect((await client.get("/api/services")).body.total).toBe(0);
      expect(await client.send("POST", "/api/services/shop/pin", { pinned: "yes" })).toMatchObject({
        status: 422,
        body: { field: "pinned" },
      });
    });
  });

  it("scale what runs elsewhere, and nothing else", async () => {
    await using folder = await makeFolder({ "app.mjs": answering("hi") });
    const app = ({ hostname }: { hostname: string }) =>
      hostname === "inline" ? hello() : threadApp(folder.at("app.mjs"));
    await withBoard({ app }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      await board.fetch("inline");
      const scaled = await client.send("POST", "/api/services/shop/scale", { replicas: 3 });
      expect(scaled.body.replicas).toMatchObject([
        { id: 1, state: "running" },
        { id: 2, state: "running" },
        { id: 3, state: "running" },
      ]);
      for (const replicas of [-1, 0, 1.5, 65, 10_000, "3", null]) {
        expect(await client.send("POST", "/api/services/shop/scale", { replicas })).toMatchObject({
          status: 422,
          body: { field: "replicas" },
        });
      }
      expect(await client.send("POST", "/api/services/shop/scale", {})).toMatchObject({
        status: 422,
        body: { field: "replicas" },
      });
      expect(await client.send("POST", "/api/services/inline/scale", { replicas: 2 })).toMatchObject({
        status: 409,
        body: { code: "NOT_SCALABLE" },
      });
      expect(await client.send("POST", "/api/services/nobody/scale", { replicas: 2 })).toMatchObject({ status: 404 });
      expect((await client.get("/api/services/shop")).body.replicas).toHaveLength(3);
    });
  });
});

describe("faults", () => {
  it("are set, listed with those of code, and removed", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      const remove = board.fault({ hostname: "*", kind: "latency", ms: 0 });
      const set = await client.send("POST", "/api/faults", { hostname: "shop", kind: "status", status: 418, first: 5 });
      expect(set).toMatchObject({
        status: 201,
        body: { kind: "status", hostname: "shop", status: 418, remainingMs: null, left: 5 },
      });
      remove();
      expect((await board.fetch("shop")).status).toBe(418);
      expect((await client.get("/api/faults")).body.faults).toMatchObject([{ id: set.body.id, left: 4 }]);
      const { body } = await client.get("/api/services?search=shop");
      expect(body.services).toMatchObject([{ hostname: "shop", state: "stopped", faults: 1 }]);
      expect((await client.send("DELETE", `/api/faults/${set.body.id}`)).status).toBe(204);
      expect((await board.fetch("shop")).status).toBe(200);
      for (const id of [set.body.id, 12_345]) {
        expect(await client.send("DELETE", `/api/faults/${id}`)).toMatchObject({
          status: 404,
          body: { code: "FAULT_NOT_FOUND" },
        });
      }
      expect(await client.send("DELETE", "/api/faults/x")).toMatchObject({ status: 400, body: { field: "id" } });
    });
  });

  it("are gone when their time is over", async () => {
    await withBoard({ app: hello }, async (board) => {
      const client = await ControlClient.open(board);
      const set = await client.send("POST", "/api/faults", { hostname: "shop", kind: "refuse", durationMs: 60_000 });
      expect(set.body.remainingMs).toBeGreaterThan(0);
      expect(set.body.remainingMs).toBeLessThanOrEqual(60_000);
      await client.send("POST", "/api/faults", { hostname: "shop", kind: "refuse", durationMs: 0 });
      expect((await client.get("/api/faults")).body.faults).toHaveLength(1);
    });
  });

  const WRONG: [body: object, field: string][] = [
    [{ hostname: "shop", kind: "fire" }, "kind"],
    [{ hostname: "shop" }, "kind"],
    [{ kind: "abort" }, "hostname"],
    [{ hostname: "a b", kind: "abort" }, "hostname"],
    [{ hostname: "shop", kind: "latency", ms: -1 }, "ms"],
    [{ hostname: "shop", kind: "status", status: 200 }, "status"],
    [{ hostname: "shop", kind: "abort", percentage: 101 }, "percentage"],
    [{ hostname: "shop", kind: "abort", path: "cart" }, "path"],
    [{ hostname: "shop", kind: "abort", ms: 5 }, "ms"],
  ];

  it.each(WRONG)("refuses %j, and names %s", async (body, field) => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      const answer = await client.send("POST", "/api/faults", body);
      expect({ status: answer.status, field: answer.body.field }).toEqual({ status: 422, field });
      expect((await client.get("/api/faults")).body.faults).toEqual([]);
    });
  });
});

describe("an app that is taken away while it replaces another one", () => {
  it("leaves nothing: the change is refused, and its name is not pinned", async () => {
    await using folder = await makeFolder({ "app.mjs": answering("new") });
    const gate = createGate();
    const asked = createGate();
    const app = () => async (_request: unknown, response: ServerResponse) => {
      asked.open();
      await gate.promise;
      response.end();
    };
    await withBoard({ app }, async (board) => {
      const client = await ControlClient.open(board);
      const slow = board.fetch("shop");
      await asked.promise;
      const put = client.send("PUT", "/api/services/shop", { module: folder.at("app.mjs"), pinned: true });
      await vi.waitFor(() => expect(board.pool.get("shop")).toBeUndefined()); // it drains
      const removed = client.send("DELETE", "/api/services/shop");
      await vi.waitFor(async () => expect((await client.get("/api/services/shop")).body.declared).toBe(false));
      gate.open();
      expect(await put).toMatchObject({ status: 409, body: { code: "SERVICE_GONE" } });
      expect((await removed).status).toBe(204);
      await slow;
      expect(board.pool.pinned()).toEqual([]);
    });
  });
});

describe("an app that replaces another one", () => {
  it("is not held for what that did: its circuit is closed again", async () => {
    await using folder = await makeFolder({ "app.mjs": answering("well") });
    const app = () => express().get("/", (_request, response) => void response.sendStatus(500));
    await withBoard({ app, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
      const client = await ControlClient.open(board);
      await board.fetch("shop");
      expect((await client.get("/api/services/shop")).body.breaker).toMatchObject({ state: "open" });
      await client.send("PUT", "/api/services/shop", { module: folder.at("app.mjs"), kind: "inline" });
      expect(await (await board.fetch("shop")).text()).toBe("well");
    });
  });
});

describe("circuit breakers", () => {
  it("are listed once they were asked, forced open, and reset", async () => {
    const hostnames = {
      shop: { circuitBreaker: {}, concurrency: { max: 7 }, rateLimit: { limit: 9, windowMs: 1_000 } },
    };
    await withBoard({ app: hello, hostnames }, async (board) => {
      const client = await ControlClient.open(board);
      expect((await client.get("/api/breakers")).body.breakers).toEqual([]);
      await board.fetch("shop");
      await board.fetch("blog");
      expect((await client.get("/api/breakers")).body.breakers).toEqual([
        { hostname: "shop", state: "closed", retryAfterMs: null },
      ]);
      expect((await client.get("/api/limits")).body).toMatchObject({
        concurrency: [{ hostname: "shop", max: 7, active: 0, queue: 0, waiting: 0 }],
        rateLimits: [{ limit: 9, windowMs: 1_000, by: "client", keys: 1, blocked: 0 }],
      });
      const opened = await client.send("POST", "/api/breakers/shop", { action: "open", forMs: 60_000 });
      expect(opened.body).toMatchObject({ state: "open" });
      expect(opened.body.retryAfterMs).toBeGreaterThan(50_000);
      expect((await board.fetch("shop")).status).toBe(503);
      expect((await client.get("/api/services/shop")).body.breaker).toMatchObject({ state: "open" });
      expect((await client.get("/api/metrics")).body.systemOverview.systemStatus).toBe("degraded");
      expect((await client.send("POST", "/api/breakers/shop", { action: "reset" })).body).toEqual({
        hostname: "shop",
        state: "closed",
        retryAfterMs: null,
      });
      expect((await board.fetch("shop")).status).toBe(200);
      expect((await client.send("POST", "/api/breakers/shop", { action: "open" })).body).toMatchObject({
        state: "open",
        retryAfterMs: null,
      });
      expect(await client.send("POST", "/api/breakers/blog", { action: "reset" })).toMatchObject({
        status: 404,
        body: { code: "BREAKER_NOT_FOUND" },
      });
      for (const body of [{}, { action: "explode" }]) {
        expect(await client.send("POST", "/api/breakers/shop", body)).toMatchObject({
          status: 422,
          body: { field: "action" },
        });
      }
      expect(await client.send("POST", "/api/breakers/shop", { action: "open", forMs: -1 })).toMatchObject({
        status: 422,
        body: { field: "forMs" },
      });
    });
  });
});
