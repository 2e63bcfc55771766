import { createServer } from "node:http";
import { connect } from "node:net";
import { each, ensure, run, sleep, spawn, suspend, until } from "effection";
import { createEventLog } from "effection-switchboard/testing";
import express from "express";
import { describe, expect, it } from "vitest";
import {
  type AppFactory,
  type ServerEvent,
  type ServerPoolConfig,
  ServerPoolContext,
  useServerPool,
} from "../../src/index.ts";
import { createGate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

const named: AppFactory = ({ hostname }) => express().get("/", (_request, response) => void response.send(hostname));

describe("useServerPool", () => {
  it("starts a server for a hostname, and gives the same one from then on", async () => {
    await withPool({ app: named }, function* (pool) {
      expect(pool.get("shop")).toBeUndefined();
      const info = yield* pool.getOrCreate("shop");
      expect(info).toMatchObject({ hostname: "shop", port: expect.any(Number), startedAt: expect.any(Date) });
      expect(yield* pool.getOrCreate("shop")).toBe(info);
      expect(pool.get("SHOP")).toBe(info);
      expect(pool.list()).toEqual([info]);
      const response = yield* until(fetch(`http://127.0.0.1:${info.port}/`));
      expect(yield* until(response.text())).toBe("shop");
    });
  });

  it("starts one server for a thousand simultaneous first requests", async () => {
    let made = 0;
    const app: AppFactory = async (context) => {
      made += 1;
      return named(context) as never;
    };
    const log = await withPool({ app }, function* (pool) {
      const infos = yield* until(Promise.all(Array.from({ length: 1_000 }, () => pool.getOrCreate("shop"))));
      expect(new Set(infos).size).toBe(1);
    });
    expect(made).toBe(1);
    expect(log.lines("started", "stopped")).toEqual(["started shop", "stopped shop"]);
  });

  it("starts a hundred servers for a hundred names with fifty requests each", async () => {
    const log = await withPool({ app: named }, function* (pool) {
      const names = Array.from({ length: 5_000 }, (_, i) => `name-${i % 100}`);
      const infos = yield* until(Promise.all(names.map((name) => pool.getOrCreate(name))));
      expect(new Set(infos).size).toBe(100);
      expect(new Set(infos.map(({ port }) => port)).size).toBe(100);
    });
    expect(log.lines("started")).toHaveLength(100);
    expect(log.lines("stopped")).toHaveLength(100);
  });

  it("never shows a server that is half made", async () => {
    const making = createGate();
    const make = createGate();
    const app: AppFactory = async (context) => {
      making.open();
      await make.promise;
      return named(context) as never;
    };
    await withPool({ app }, function* (pool) {
      const starting = pool.getOrCreate("shop");
      yield* until(making.promise);
      expect(pool.get("shop")).toBeUndefined();
      expect(pool.list()).toEqual([]);
      expect(pool.inspect()).toMatchObject({ starting: 1, running: 0 });
      make.open();
      expect((yield* starting).app).toBeTypeOf("function");
      expect(pool.inspect()).toMatchObject({ starting: 0, running: 1 });
    });
  });

  it("can be found by everything below its owner, also by an app factory", async () => {
    await run(function* () {
      const pool = yield* useServerPool({
        basePort: 0,
        *app() {
          expect(yield* ServerPoolContext.expect()).toBe(pool);
          return () => {};
        },
      });
      expect(yield* ServerPoolContext.expect()).toBe(pool);
      yield* pool.getOrCreate("shop");
    });
  });

  it("answers with the built-in demo app when it has none: HTML for browsers, JSON for others", async () => {
    await withPool({}, function* (pool) {
      const { port } = yield* pool.getOrCreate("shop");
      const json = yield* until(fetch(`http://127.0.0.1:${port}/cart?full`));
      expect(yield* until(json.json())).toMatchObject({
        hostname: "shop",
        port,
        uptimeMs: expect.any(Number),
        request: { method: "GET", url: "/cart?full", headers: { host: `127.0.0.1:${port}` } },
      });
      const fields = { accept: "text/html,*/*;q=0.8", "user-agent": "<script>" };
      const html = yield* until(fetch(`http://127.0.0.1:${port}/<b>`, { headers: fields }));
      expect(html.headers.get("content-type")).toContain("text/html");
      expect(yield* until(html.text())).toContain("&#60;script&#62;");
      const health = yield* until(fetch(`http://127.0.0.1:${port}/health`));
      expect(yield* until(health.json())).toMatchObject({ status: "ok", hostname: "shop" });
    });
  });

  it.each(["", ".", "a..b", ".a", "a b", "ä", "a:80", "x".repeat(64), `${"a.".repeat(127)}a`, 7, undefined])(
    "refuses %o, which is no hostname, and starts nothing",
    async (name) => {
      const log = await withPool({ app: named }, function* (pool) {
        const joining = pool.getOrCreate(name as string);
        yield* until(expect(joining).rejects.toMatchObject({ code: "INVALID_HOSTNAME" }));
      });
      expect(log.all).toEqual([]);
    },
  );

  it.each<[string, ServerPoolConfig, string]>([
    ["maxServers", { maxServers: 0 }, "maxServers must be a whole number from 1 to 1000000, got 0"],
    ["basePort", { basePort: 3000.5 }, "basePort must be a whole number from 0 to 65535, got 3000.5"],
    ["idleTimeoutMs", { idleTimeoutMs: "15m" as never }, "idleTimeoutMs must be a finite number >= 1"],
    ["startTimeoutMs", { startTimeoutMs: 0 }, "startTimeoutMs must be a finite number >= 1"],
    [
      "graceMs",
      { graceMs: 2 ** 31 },
      "graceMs must be a finite number >= 0 (milliseconds, at most 2147483647), got 2147483648",
    ],
    ["whenFull", { whenFull: "wait" as never }, "whenFull must be one of 'evict-idle', 'reject', got 'wait'"],
    ["onEvent", { onEvent: null as never }, "onEvent must be a function, got null"],
    ["everything", null as never, "useServerPool must be an object of options, got null"],
  ])("refuses a bad value of %s before it opens anything", (_option, config, message) => {
    expect(() => useServerPool(config)).toThrow(message);
  });
});

describe("stopping a server", () => {
  it("resolves when the port is free, and leaves the others alone", async () => {
    await withPool({ app: named }, function* (pool, log) {
      const shop = yield* pool.getOrCreate("shop");
      const blog = yield* pool.getOrCreate("blog");
      yield* pool.shutdown("Shop");
      expect(pool.list()).toEqual([blog]);
      const again = createServer().listen(shop.port, "127.0.0.1");
      yield* until(new Promise((resolve) => again.on("listening", resolve)));
      again.close();
      expect(log.lines("stopping", "stopped")).toEqual(["stopping shop", "stopped shop"]);
    });
  });

  it("has nothing to do for a name without a server", async () => {
    await withPool({ app: named }, function* (pool) {
      yield* pool.shutdown("nobody");
      yield* pool.shutdown("");
    });
  });

  it("rejects who waits for the start when it is stopped before it is ready", async () => {
    const making = createGate();
    const log = await withPool(
      {
        app: () => {
          making.open();
          return new Promise<never>(() => {});
        },
      },
      function* (pool) {
        const joining = pool.getOrCreate("shop");
        yield* until(making.promise);
        yield* pool.shutdown("shop");
        yield* until(expect(joining).rejects.toMatchObject({ code: "START_STOPPED", hostname: "shop" }));
      },
    );
    expect(log.lines()).toEqual(["starting shop", "stopping shop"]);
  });

  it("works in the very moment of the start, also from a listener", async () => {
    const stops: Promise<void>[] = [];
    await run(function* () {
      const pool = yield* useServerPool({
        app: named,
        basePort: 0,
        onEvent: ({ type, hostname }) => {
          if (type === "starting" && hostname === "listener") stops.push(pool.shutdown(hostname));
        },
      });
      const first = pool.getOrCreate("shop");
      yield* pool.shutdown("shop");
      yield* until(expect(first).rejects.toMatchObject({ code: "START_STOPPED" }));
      yield* until(expect(pool.getOrCreate("listener")).rejects.toMatchObject({ code: "START_STOPPED" }));
      yield* until(Promise.all(stops));
      expect(pool.inspect().servers).toEqual([]);
    });
    expect(stops).toHaveLength(1);
  });

  it("works from a listener of a start that has waited for another server: its app is not made", async () => {
    const made: string[] = [];
    const stops: Promise<void>[] = [];
    await run(function* () {
      const pool = yield* useServerPool({
        app: ({ hostname }) => {
          made.push(hostname);
          return () => {};
        },
        basePort: 0,
        maxServers: 1,
        onEvent: ({ type, hostname }) => {
          if (type === "starting" && hostname === "second") stops.push(pool.shutdown(hostname));
        },
      });
      yield* pool.getOrCreate("first");
      yield* until(expect(pool.getOrCreate("second")).rejects.toMatchObject({ code: "START_STOPPED" }));
      yield* until(Promise.all(stops));
    });
    expect(made).toEqual(["first"]);
    expect(stops).toHaveLength(1);
  });

  it("tells its start also when it has waited in vain", async () => {
    const log = await withPool(
      {
        app: function* () {
          yield* ensure(() => sleep(300));
          return () => {};
        },
        graceMs: 0,
        startTimeoutMs: 50,
      },
      function* (pool) {
        yield* pool.getOrCreate("shop");
        const stopping = pool.shutdown("shop");
        yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "START_TIMEOUT" }));
        yield* stopping;
      },
    );
    expect(log.lines().slice(0, 5)).toEqual([
      "starting shop",
      "started shop",
      "stopping shop",
      "starting shop",
      "error shop",
    ]);
  });

  it("stops when its task is halted", async () => {
    const log = await withPool({ app: named }, function* (pool) {
      const { task } = yield* pool.getOrCreate("shop");
      yield* task.halt();
      expect(pool.get("shop")).toBeUndefined();
      yield* pool.getOrCreate("shop");
    });
    expect(log.lines("started", "stopped", "error")).toEqual([
      "started shop",
      "stopped shop",
      "started shop",
      "stopped shop",
    ]);
  });

  it("makes a request for a server that stops wait for the stop, and starts a fresh one", async () => {
    const answering = createGate();
    const finish = createGate();
    const app: AppFactory = () => async (_request, response) => {
      answering.open();
      await finish.promise;
      response.end("done");
    };
    await withPool({ app }, function* (pool, log) {
      const { port } = yield* pool.getOrCreate("shop");
      const fetching = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
      yield* until(answering.promise);
      const stopping = pool.shutdown("shop");
      expect(pool.get("shop")).toBeUndefined();
      const again = pool.getOrCreate("shop");
      expect(pool.inspect()).toMatchObject({ stopping: 1, starting: 1 });
      finish.open();
      expect(yield* until(fetching)).toBe("done");
      yield* stopping;
      yield* again;
      expect(log.lines("started", "stopped")).toEqual(["started shop", "stopped shop", "started shop"]);
    });
  });

  it("stops all servers in parallel when the pool ends", async () => {
    const gates: (() => void)[] = [];
    const app: AppFactory = function* () {
      yield* ensure(() =>
        until(
          new Promise<void>((resolve) => {
            // Each cleanup ends only when all three have begun.
            gates.push(resolve);
            if (gates.length === 3) for (const open of gates) open();
          }),
        ),
      );
      return () => {};
    };
    const log = await withPool({ app }, function* (pool) {
      for (const name of ["a", "b", "c"]) yield* pool.getOrCreate(name);
    });
    expect(log.lines("stopped")).toHaveLength(3);
  });

  it("refuses to start anything once the pool has ended", async () => {
    const pool = await run(function* () {
      return yield* useServerPool({ app: named, basePort: 0 });
    });
    await expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "POOL_CLOSED" });
    expect(pool.inspect().servers).toEqual([]);
  });
});

describe("the events of a pool", () => {
  it("reach a synchronous listener and a subscriber in the same order, to the very last one", async () => {
    const heard: ServerEvent[] = [];
    const read: ServerEvent[] = [];
    await run(function* () {
      const subscribed = createGate();
      const ended = createGate();
      yield* spawn(function* () {
        yield* until(poolMade.promise);
      });
      const poolMade = createGate();
      const task = run(function* () {
        const pool = yield* useServerPool({ app: named, basePort: 0, onEvent: (event) => heard.push(event) });
        reader = run(function* () {
          const subscription = yield* pool.events;
          subscribed.open();
          for (let next = yield* subscription.next(); !next.done; next = yield* subscription.next())
            read.push(next.value);
          ended.open();
        });
        yield* until(subscribed.promise);
        yield* pool.getOrCreate("shop");
        poolMade.open();
        yield* suspend();
      });
      let reader: PromiseLike<void> | undefined;
      yield* until(poolMade.promise);
      yield* task.halt();
      yield* until(ended.promise);
      yield* until(reader as Promise<void>);
    });
    expect(read).toEqual(heard);
    expect(heard.map(({ type }) => type)).toEqual(["starting", "started", "stopping", "stopped"]);
  });

  it("can be read with each", async () => {
    await withPool({ app: named }, function* (pool) {
      const seen = createGate<string>();
      const reading = createGate();
      yield* spawn(function* () {
        reading.open();
        for (const event of yield* each(pool.events)) {
          if (event.type === "started") seen.open(event.hostname);
          yield* each.next();
        }
      });
      yield* until(reading.promise);
      yield* pool.getOrCreate("shop");
      expect(yield* until(seen.promise)).toBe("shop");
    });
  });

  it("end at once for who subscribes after the end", async () => {
    const pool = await run(function* () {
      return yield* useServerPool({ app: named });
    });
    await run(function* () {
      const subscription = yield* pool.events;
      expect(yield* subscription.next()).toEqual({ done: true, value: undefined });
    });
  });

  it("survive a listener that throws, which becomes a process warning", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    await run(function* () {
      const pool = yield* useServerPool({
        app: named,
        basePort: 0,
        onEvent: ({ type }) => {
          if (type === "started") throw new Error("listener broke");
        },
      });
      expect((yield* pool.getOrCreate("shop")).hostname).toBe("shop");
    });
    expect((await warned).message).toBe("listener broke");
  });
});

describe("a pool that is used through its ports", () => {
  it("binds its servers to loopback only", async () => {
    await withPool({ app: named }, function* (pool) {
      const { server } = yield* pool.getOrCreate("shop");
      expect(server.address()).toMatchObject({ address: "127.0.0.1" });
    });
  });

  it("counts what is in flight on a server's own port", async () => {
    const log = createEventLog<ServerEvent>();
    const answering = createGate();
    await run(function* () {
      const pool = yield* useServerPool({
        basePort: 0,
        graceMs: 0,
        onEvent: log.add,
        app: () => () => answering.open(),
      });
      const { port } = yield* pool.getOrCreate("shop");
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      yield* until(answering.promise);
      expect(pool.inspect()).toMatchObject({ requests: { active: 1 }, servers: [{ hostname: "shop", requests: 1 }] });
    });
    expect(log.all).toContainEqual({ type: "cut", hostname: "shop", requests: 1, sockets: 0 });
  });
});
