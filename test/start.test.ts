import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { run, until } from "effection";
import { createEventLog, expectNoLeaks } from "effection-switchboard/testing";
import express from "express";
import { describe, expect, it, vi } from "vitest";
import {
  type AppFactory,
  createSwitchboard,
  type RunConfig,
  type RunEvent,
  threadApp,
  useExpressServer,
  useRunningSwitchboard,
  useServerPool,
  useSwitchboard,
} from "../src/index.ts";
import { withBoard } from "./support/board.ts";

describe("createSwitchboard", () => {
  it("works with await using, as the README shows it", async () => {
    let port: number;
    {
      await using board = await createSwitchboard({
        basePort: 0,
        app: ({ hostname }) =>
          express().get("/cart", (_request, response) => void response.send(`cart of ${hostname}`)),
      });
      port = board.port;
      const response = await board.fetch("shop", "/cart");
      expect(await response.text()).toBe("cart of shop");
    }
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it("can be had any number of times in one process", async () => {
    const boards = await Promise.all(Array.from({ length: 5 }, () => createSwitchboard()));
    expect(new Set(boards.map(({ port }) => port)).size).toBe(5);
    const names = await Promise.all(boards.map(async (board, i) => (await board.fetch(`name-${i}`)).json()));
    expect(names).toMatchObject(boards.map((_board, i) => ({ hostname: `name-${i}` })));
    await Promise.all(boards.map((board) => board.close()));
  });

  it("waits for nothing but what happens: no timer has to fire before an answer", async () => {
    const thread = threadApp(fileURLToPath(new URL("fixtures/thread-app.mjs", import.meta.url)));
    const app: AppFactory = ({ hostname }) =>
      hostname === "thread" ? thread : (_request, response) => void response.end("inline");
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval"] });
    const board = await createSwitchboard({ basePort: 0, app });
    try {
      expect(await (await board.fetch("shop")).text()).toBe("inline");
      expect(await (await board.fetch("thread")).text()).toBe("hello from a thread");
      await board.pool.shutdown("thread");
      await board.pool.shutdown("shop");
    } finally {
      vi.useRealTimers();
      await board.close();
    }
  });

  it("says in one sentence that its port is taken, and leaves nothing behind", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const events: RunEvent[] = [];
    await expectNoLeaks(async () => {
      await expect(createSwitchboard({ port, onEvent: (event) => events.push(event) })).rejects.toMatchObject({
        code: "LISTEN_FAILED",
        message: `cannot listen on 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another port (0 for any free one)`,
      });
    });
    expect(events).toEqual([]);
    other.close();
  });

  it("says that a host is no address of this machine", async () => {
    await expect(createSwitchboard({ host: "192.0.2.1" })).rejects.toThrow("the host is no address of this machine");
  });

  it("rejects options of the wrong type, and options that do not exist", async () => {
    await expect(createSwitchboard({ maxServers: "many" as never })).rejects.toThrow(
      "maxServers must be a whole number",
    );
    await expect(createSwitchboard({ prot: 1 } as never)).rejects.toThrow(
      "createSwitchboard has no option 'prot'; did you mean 'port'?",
    );
  });

  it("starts pinned hostnames once it listens", async () => {
    const log = createEventLog();
    await using board = await createSwitchboard({ basePort: 0, pinned: ["shop"], onEvent: log.add });
    await log.next("started", "shop");
    expect(log.lines()).toEqual(["listening", "starting shop", "started shop"]);
    expect(board.pool.inspect().servers).toMatchObject([{ hostname: "shop", pinned: true }]);
  });

  it("takes the default of an option that is undefined", async () => {
    const nothing: Record<keyof RunConfig, undefined> = {
      app: undefined,
      apps: undefined,
      watch: undefined,
      control: undefined,
      basePort: undefined,
      maxServers: undefined,
      whenFull: undefined,
      maxStarts: undefined,
      idleTimeoutMs: undefined,
      startTimeoutMs: undefined,
      graceMs: undefined,
      replicas: undefined,
      balance: undefined,
      slowStartMs: undefined,
      health: undefined,
      outliers: undefined,
      restart: undefined,
      pinned: undefined,
      hostnames: undefined,
      observe: undefined,
      observer: undefined,
      port: undefined,
      host: undefined,
      defaultHostname: undefined,
      domains: undefined,
      admit: undefined,
      admitTimeoutMs: undefined,
      refusedForMs: undefined,
      rateLimit: undefined,
      concurrency: undefined,
      circuitBreaker: undefined,
      waitingPageMs: undefined,
      responseTimeoutMs: undefined,
      responseIdleTimeoutMs: undefined,
      trustedProxies: undefined,
      keepAliveTimeoutMs: undefined,
      headTimeoutMs: undefined,
      bodyTimeoutMs: undefined,
      onEvent: undefined,
    };
    await using board = await createSwitchboard(nothing);
    expect(await (await board.fetch("shop")).json()).toMatchObject({ hostname: "shop" });
    expect(board.pool.get("shop")?.port).toBeGreaterThanOrEqual(3001);
    await run(function* () {
      const { hostname, port, host, graceMs, onError } = nothing as Record<string, undefined>;
      const { url } = yield* useExpressServer({ app: express(), hostname, port, host, graceMs, onError });
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    });
  });

  it("takes one Express app for all names", async () => {
    const app = express().get("/", (request, response) => void response.send(`all, also ${request.hostname}`));
    await using board = await createSwitchboard({ basePort: 0, app });
    expect(await (await board.fetch("a")).text()).toBe("all, also a.localhost");
    expect(await (await board.fetch("b")).text()).toBe("all, also b.localhost");
    expect(board.pool.list().map((info) => info.hostname)).toEqual(["a", "b"]);
  });

  it("gives its events as an async iterable, up to the report", async () => {
    const seen: string[] = [];
    let reading: Promise<void> | undefined;
    await withBoard({}, async (board) => {
      reading = (async () => {
        for await (const event of board.events) seen.push(event.type);
      })();
      await (await board.fetch("shop")).text();
    });
    await reading;
    expect(seen).toEqual(["starting", "started", "draining", "drained", "stopping", "stopped", "report"]);
  });

  it("sends bodies, fields and methods through fetch, and follows redirects to other names", async () => {
    await withBoard(
      {
        app: ({ hostname }) => {
          const app = express();
          app.post("/go", express.json(), (request, response) => {
            response.redirect(303, `http://${request.body.to}.localhost:${request.socket.localPort}/here`);
          });
          app.get("/here", (_request, response) => void response.send(`now at ${hostname}`));
          return app;
        },
      },
      async (board) => {
        const response = await board.fetch("shop", "/go", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ to: "blog" }),
        });
        expect(await response.text()).toBe("now at blog");
        expect(response.url).toBe(board.url("blog", "/here"));
      },
    );
  });

  it("names what is no hostname, and says when it is closed", async () => {
    const board = await createSwitchboard({ basePort: 0 });
    await expect(board.fetch("no name")).rejects.toMatchObject({ code: "INVALID_HOSTNAME" });
    expect(() => board.url("a..b")).toThrow('"a..b" is no hostname');
    await (await board.fetch("shop")).text();
    await board.close();
    const closed = { code: "POOL_CLOSED", message: expect.stringContaining("the switchboard is closed") };
    await expect(board.fetch("shop")).rejects.toMatchObject(closed);
    await expect(board.dispatcher()).rejects.toMatchObject(closed);
  });

  it("listens on IPv6 when it is asked to", async () => {
    await withBoard({ host: "::1" }, async (board, log) => {
      expect((await board.fetch("shop")).status).toBe(200);
      expect(await log.next("listening")).toMatchObject({ url: `http://[::1]:${board.port}` });
    });
  });
});

describe("useRunningSwitchboard", () => {
  it("is the same for operations, and is composed of parts that can be used alone", async () => {
    await run(function* () {
      const board = yield* useRunningSwitchboard({ basePort: 0 });
      const together = yield* until(board.fetch("shop"));
      const pool = yield* useServerPool({ basePort: 0 });
      const { url, app } = yield* useSwitchboard({ port: 0 }, pool);
      const apart = yield* until(fetch(url, { headers: { "x-app-name": "shop" } }));
      expect(yield* until(together.json())).toMatchObject({ hostname: "shop" });
      expect(yield* until(apart.json())).toMatchObject({ hostname: "shop" });
      expect(app).toBeTypeOf("function");
    });
  });
});
