import type { Duplex } from "node:stream";
import { switchboardTest } from "effection-switchboard/testing";
import express from "express";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { AppFactory } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

const named: AppFactory = ({ hostname, server }) => {
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket: WebSocket) => socket.on("message", (data) => socket.send(`${hostname}: ${data}`)));
  return express().use((_request, response) => void response.send(hostname));
};

const test = switchboardTest({ app: named });

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the first request for a hostname", () => {
  test("starts its server, waits for it, and is delivered", async ({ switchboard, pool, fetch, events }) => {
    const response = await fetch("shop", "/cart");
    expect(await response.text()).toBe("shop");
    expect(response.url).toBe(`http://shop.localhost:${switchboard.port}/cart`);
    expect(pool.get("shop")).toMatchObject({ hostname: "shop" });
    await switchboard.close();
    expect(events.lines("started", "stopped")).toEqual(["started shop", "stopped shop"]);
  });

  test("of a thousand at once, mixed with WebSockets, starts one server, and all are answered", async ({
    fetch,
    ws,
    events,
  }) => {
    const chat = async (message: string) => {
      const socket = await ws("shop", "/", { timeoutMs: 15_000 });
      socket.send(message);
      return socket.next({ timeoutMs: 15_000 });
    };
    const requests = Array.from({ length: 900 }, async () => (await fetch("shop")).text());
    const chats = Array.from({ length: 100 }, (_, i) => chat(`hello ${i}`));
    expect(new Set(await Promise.all(requests))).toEqual(new Set(["shop"]));
    expect(await Promise.all(chats)).toEqual(Array.from({ length: 100 }, (_, i) => `shop: hello ${i}`));
    expect(events.lines("started")).toEqual(["started shop"]);
  });

  test("of a hundred names, fifty at once for each, starts a hundred servers", async ({
    switchboard: { port },
    events,
  }) => {
    const names = Array.from({ length: 5_000 }, (_, i) => `name-${i % 100}`);
    const answers = names.map((name) => new Client(port).send(get(name, "/", "Connection: close\r\n")).end());
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      expect(answer.startsWith("HTTP/1.1 200 OK")).toBe(true);
      expect(answer.endsWith(`\r\n\r\n${names[i]}`)).toBe(true);
    }
    expect(events.lines("started")).toHaveLength(100);
    expect(new Set(events.lines("started")).size).toBe(100);
  });

  test("can be a WebSocket", async ({ ws, events }) => {
    const socket = await ws("chat");
    socket.send("hello");
    expect(await socket.next()).toBe("chat: hello");
    expect(events.lines("started")).toEqual(["started chat"]);
  });

  it("keeps its body, and gets 100 Continue when the server is there, not before", async () => {
    const make = createGate();
    const making = createGate();
    const app: AppFactory = async () => {
      making.open();
      await make.promise;
      return (request, response) => void request.pipe(response);
    };
    await withBoard({ app }, async (board) => {
      const fields = "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n";
      const client = new Client(board.port).send(get("shop", "/", fields).replace("GET", "POST"));
      const early = new Client(board.port).send(
        `${get("shop", "/", "Content-Length: 4\r\nConnection: close\r\n").replace("GET", "PUT")}body`,
      );
      await making.promise;
      expect(client.received).toBe("");
      make.open();
      expect(await client.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
      expect(await client.send("body").end()).toContain("body");
      expect(await early.end()).toContain("body");
      client.destroy();
      early.destroy();
    });
  });

  it("does nothing any more when its client has left, while the start goes on for others", async () => {
    const make = createGate();
    const making = createGate();
    const seen: string[] = [];
    const app: AppFactory = async ({ hostname }) => {
      making.open();
      if (hostname === "shop") await make.promise;
      return (request, response) => {
        seen.push(request.url ?? "");
        response.end("ok");
      };
    };
    await withBoard({ app }, async (board) => {
      const gone = new Client(board.port).send(get("shop", "/gone"));
      await making.promise;
      const stays = new Client(board.port).send(get("shop", "/stays"));
      gone.destroy();
      await new Promise((resolve) => gone.socket.on("close", resolve));
      await board.fetch("other").then((response) => response.text()); // by now the switchboard has heard of it
      make.open();
      await stays.until("ok");
      stays.destroy();
    });
    expect(seen).toEqual(["/", "/stays"]);
  });
});

describe("a start that fails", () => {
  it("answers 503 with the reason and Retry-After, and fails fast until the delay is over", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999); // the jitter may be as good as no delay at all
    let attempts = 0;
    const app: AppFactory = () => {
      attempts += 1;
      throw new Error("cannot reach 10.1.2.3:5432\n    at secret");
    };
    const restart = { backoff: { initialMs: 900, maxMs: 900 } }; // time enough for three requests on a busy machine
    await withBoard({ app, restart }, async (board) => {
      for (const code of ["START_FAILED", "BACKING_OFF", "BACKING_OFF"]) {
        const response = await board.fetch("shop");
        expect(response.status).toBe(503);
        expect(response.headers.get("retry-after")).toBe("1");
        expect(response.headers.get("cache-control")).toBe("no-store");
        expect(response.headers.get("content-type")).toBe("application/problem+json");
        const problem = (await response.json()) as { detail: string };
        expect(problem).toMatchObject({
          type: "about:blank",
          title: "Service Unavailable",
          status: 503,
          code,
          hostname: "shop",
        });
        expect(problem.detail).toContain("cannot reach (address)");
        expect(problem.detail).not.toMatch(/secret|10\.1/);
      }
    });
    expect(attempts).toBe(1);
  });

  it("too often answers 503 with the last error and the cool-down, and is in the list of servers", async () => {
    const app: AppFactory = () => {
      throw new Error("cannot reach 10.1.2.3:5432\n    at secret");
    };
    await withBoard({ app, restart: { maxRestarts: 0, coolDownMs: 60_000 } }, async (board) => {
      for (const code of ["START_FAILED", "FAILED"]) {
        const response = await board.fetch("shop");
        expect(response.status).toBe(503);
        expect(response.headers.get("retry-after")).toBe("60");
        expect(await response.json()).toMatchObject({ code, hostname: "shop" });
      }
      const problem = (await (await board.fetch("shop")).json()) as { detail: string };
      expect(problem.detail).toMatch(
        /^"shop" has failed and is not started for now: cannot reach \(address\); one trial start is possible in \d+ ms$/,
      );
      const servers = await fetch(`http://127.0.0.1:${board.port}/__switchboard/servers`);
      expect(await servers.json()).toMatchObject({
        backingOff: 0,
        failed: 1,
        servers: [],
        refused: [
          { hostname: "shop", state: "failed", failures: 1, message: "cannot reach 10.1.2.3:5432", pinned: false },
        ],
      });
    });
  });

  it("is a page for a browser, with nothing in it that the app could inject", async () => {
    await withBoard(
      {
        app: () => {
          throw new Error("<script>alert(1)</script>");
        },
      },
      async (board) => {
        const response = await board.fetch("shop", "/", {
          headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
        });
        expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
        expect(response.headers.get("cache-control")).toBe("no-store");
        expect(await response.text()).toMatch(/<h1>503 Service Unavailable<\/h1>(?!.*<script>)/s);
      },
    );
  });

  it("answers 504 when the start budget is used up", async () => {
    await withBoard({ app: () => new Promise<never>(() => {}), startTimeoutMs: 20 }, async (board) => {
      const response = await board.fetch("shop");
      expect(response.status).toBe(504);
      expect(await response.json()).toMatchObject({ code: "START_TIMEOUT" });
    });
  });

  it("answers 404 for a name that the app factory declines", async () => {
    await withBoard({ app: ({ hostname }) => (hostname === "shop" ? () => {} : undefined) }, async (board) => {
      const response = await board.fetch("nobody");
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "DECLINED", detail: 'there is no app for "nobody"' });
    });
  });

  it("refuses a WebSocket with the same answer, and closes it", async () => {
    await withBoard(
      {
        app: () => {
          throw new Error("no");
        },
      },
      async (board) => {
        const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
        expect(await client.end()).toMatch(/^HTTP\/1.1 503 .*"code":"START_FAILED"/s);
        client.destroy();
      },
    );
  });

  it("answers 503 when the pool is full, and nobody else notices", async () => {
    const answering = createGate();
    const finish = createGate();
    const app: AppFactory = () => async (_request, response) => {
      answering.open();
      await finish.promise;
      response.end("ok");
    };
    await withBoard({ app, maxServers: 1 }, async (board) => {
      const first = board.fetch("shop");
      await answering.promise;
      const refused = await board.fetch("blog");
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({
        code: "POOL_FULL",
        detail: expect.stringMatching(/^the limit of 1 server is reached, .*; ask again later, .* raise maxServers$/),
      });
      finish.open();
      expect(await (await first).text()).toBe("ok");
    });
  });

  it("answers 503 with Retry-After when its turn does not come in time", async () => {
    const make = createGate();
    const making = createGate();
    const app: AppFactory = async ({ hostname }) => {
      making.open();
      if (hostname === "slow") await make.promise;
      return (_request, response) => void response.end("ok");
    };
    const hostnames = { shop: { startTimeoutMs: 20 } };
    await withBoard({ app, maxStarts: 1, hostnames }, async (board) => {
      const slow = board.fetch("slow");
      await making.promise;
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({ code: "POOL_BUSY", hostname: "shop" });
      make.open();
      expect(await (await slow).text()).toBe("ok");
      expect(await (await board.fetch("shop")).text()).toBe("ok");
    });
  });
});

describe("an app that fails on a request", () => {
  it.each<[string, AppFactory]>([
    [
      "throws",
      () => () => {
        throw new Error("boom");
      },
    ],
    [
      "rejects",
      () => async () => {
        throw new Error("boom");
      },
    ],
  ])("and %s answers 500, is reported, and ends nothing else", async (_how, app) => {
    const { log } = await withBoard({ app }, async (board) => {
      const response = await board.fetch("shop");
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("boom");
      expect((await board.fetch("shop")).status).toBe(500);
    });
    expect(log.lines("error", "started", "stopped")).toEqual([
      "started shop",
      "error shop",
      "error shop",
      "stopped shop",
    ]);
  });

  it("by an error on an upgraded socket ends nothing else", async () => {
    const socket = createGate<Duplex>();
    await withBoard(
      {
        app: ({ server }) => {
          server.on("upgrade", (_request, duplex) => socket.open(duplex));
          return (_request, response) => void response.end("ok");
        },
      },
      async (board) => {
        const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
        (await socket.promise).destroy(new Error("socket failed"));
        await client.end();
        client.destroy();
        expect((await board.fetch("shop")).status).toBe(200);
      },
    );
  });
});
