import type { IncomingMessage, ServerResponse } from "node:http";
import { createEventLog } from "effection-switchboard/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AppFactory, createSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** An app whose requests wait until they are let go. */
function createSlowApp(): { app: AppFactory; arrived(count: number): Promise<void>; release(): void } {
  const waiting: ServerResponse[] = [];
  const changes: (() => void)[] = [];
  const app: AppFactory = () => (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/fast") return void response.end("fast");
    waiting.push(response);
    for (const changed of changes.splice(0)) changed();
  };
  return {
    app,
    async arrived(count) {
      while (waiting.length < count) await new Promise<void>((resolve) => changes.push(resolve));
    },
    release() {
      for (const response of waiting.splice(0)) response.end("slow");
    },
  };
}

describe("a shutdown", () => {
  it("lets every request in flight finish, answers 503 to what comes later, and resets nothing", async () => {
    const slow = createSlowApp();
    const log = createEventLog();
    const board = await createSwitchboard({ app: slow.app, basePort: 0, onEvent: log.add });
    const clients = Array.from({ length: 20 }, (_, i) => new Client(board.port).send(get(`name-${i % 4}`)));
    const idle = new Client(board.port).send(get("name-0", "/fast"));
    await idle.until("fast");
    await slow.arrived(20);
    const closing = board.close();
    await log.next("draining");
    idle.received = "";
    expect(await idle.send(get("name-1")).end()).toMatch(/^HTTP\/1.1 503 .*Connection: close\r\n.*SHUTTING_DOWN/s);
    slow.release();
    for (const client of clients)
      expect(await client.end()).toMatch(/^HTTP\/1.1 200 OK\r\n.*Connection: close\r\n.*slow/s);
    expect(await closing).toMatchObject({ serversStopped: 4, requestsFinished: 20, requestsCut: 0, socketsCut: 0 });
    for (const client of [...clients, idle]) client.destroy();
  });

  it("stops accepting at once", async () => {
    const slow = createSlowApp();
    const log = createEventLog();
    const board = await createSwitchboard({ app: slow.app, basePort: 0, onEvent: log.add });
    const client = new Client(board.port).send(get("shop"));
    await slow.arrived(1);
    const closing = board.close();
    await log.next("draining");
    const late = new Client(board.port).send(get("shop"));
    expect(await late.end()).toBe("");
    slow.release();
    await closing;
    client.destroy();
  });

  it("delivers requests that wait for a start when it begins", async () => {
    const make = createGate();
    const making = createGate();
    const log = createEventLog();
    const board = await createSwitchboard({
      basePort: 0,
      onEvent: log.add,
      app: async () => {
        making.open();
        await make.promise;
        return (_request, response) => void response.end("made");
      },
    });
    const client = new Client(board.port).send(get("shop"));
    await making.promise;
    const closing = board.close();
    expect(await log.next("draining")).toMatchObject({ requests: 1, sockets: 0, starting: ["shop"] });
    make.open();
    expect(await client.end()).toContain("made");
    expect(await closing).toMatchObject({ requestsFinished: 1, requestsCut: 0 });
    client.destroy();
  });

  it("cuts a handler that never answers and a WebSocket that never closes at grace, and counts them", async () => {
    const slow = createSlowApp();
    const upgraded = createGate();
    const app: AppFactory = (context) => {
      context.server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        upgraded.open();
      });
      return slow.app(context) as never;
    };
    const log = createEventLog();
    const board = await createSwitchboard({ app, basePort: 0, graceMs: 50, onEvent: log.add });
    const clients = ["", "Connection: Upgrade\r\nUpgrade: x\r\n"].map((fields) =>
      new Client(board.port).send(get("shop", "/", fields)),
    );
    await slow.arrived(1);
    await upgraded.promise;
    const report = await board.close();
    expect(report).toMatchObject({ serversStopped: 1, requestsFinished: 0, requestsCut: 1, socketsCut: 1 });
    expect(log.all.at(-1)).toEqual(report);
    for (const client of clients) {
      await client.end();
      client.destroy();
    }
  });

  it("spends one grace period in all, also when a server's own port is busy", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const slow = createSlowApp();
    const board = await createSwitchboard({ app: slow.app, basePort: 0, graceMs: 60_000 });
    const { port } = await board.pool.getOrCreate("shop");
    const clients = [new Client(port).send(get("shop")), new Client(board.port).send(get("shop"))];
    await slow.arrived(2);
    const closing = board.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await closing).toMatchObject({ requestsCut: 2, ms: 60_000 });
    for (const client of clients) client.destroy();
  });

  it("does not wait for clients that keep their connections and ask for nothing", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const slow = createSlowApp();
    const board = await createSwitchboard({ app: slow.app, basePort: 0, graceMs: 60_000 });
    const { port } = await board.pool.getOrCreate("shop");
    const clients = [board.port, port].flatMap((to) => {
      const [asked, silent, halfway] = [new Client(to), new Client(to), new Client(to)];
      asked.send(get("shop", "/fast"));
      halfway.send("GET / HTTP/1.1\r\nHost: shop.loc");
      return [asked, silent, halfway];
    });
    for (const client of [clients[0], clients[3]]) await client?.until("fast");
    const closing = board.close();
    await vi.advanceTimersByTimeAsync(5_000); // more than it lingers, and far less than the grace period
    expect(await closing).toMatchObject({ serversStopped: 1, requestsCut: 0 });
    for (const client of clients) {
      await client.end();
      client.destroy();
    }
  });

  it("is quick when nothing is open, and says the same to everybody who asks", async () => {
    const board = await createSwitchboard({ basePort: 0 });
    const reports = await Promise.all([board.close(), board.close()]);
    expect(reports[0]).toBe(reports[1]);
    expect(reports[0]).toMatchObject({ type: "report", serversStopped: 0, requestsFinished: 0 });
    await expect(board.pool.getOrCreate("late")).rejects.toMatchObject({ code: "POOL_CLOSED" });
  });

  it("tells everything in order: listening first, then the life of the servers, the report last", async () => {
    const { log } = await withBoard({}, async (board) => {
      await (await board.fetch("shop")).text();
    });
    expect(log.all.map(({ type }) => type)).toEqual([
      "listening",
      "starting",
      "started",
      "draining",
      "drained",
      "stopping",
      "stopped",
      "report",
    ]);
  });
});

describe("what happens to one hostname", () => {
  it("drops nobody else's WebSockets, whatever it is", async () => {
    const app: AppFactory = ({ hostname, server }) => {
      if (hostname === "broken") throw new Error("no database");
      server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        socket.pipe(socket);
      });
      return (request, response) => {
        if (request.url === "/crash") server.close();
        response.end("ok");
      };
    };
    await withBoard({ app, graceMs: 0, maxServers: 3, circuitBreaker: {} }, async (board, log) => {
      const chat = new Client(board.port).send(get("chat", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await chat.until("\r\n\r\n");
      const happenings: Record<string, () => unknown> = {
        start: () => board.pool.getOrCreate("shop"),
        pin: () => board.pool.pin("shop"),
        unpin: () => board.pool.unpin("shop"),
        fault: () => board.fault({ hostname: "shop", kind: "abort" })(),
        circuit: () => board.circuit("shop")?.force("open"),
        failure: async () => expect((await board.fetch("broken")).status).toBe(503),
        crash: async () => {
          await board.fetch("crashing", "/crash").catch(() => {});
          await log.next("stopped", "crashing");
        },
        eviction: async () => {
          for (const name of ["a", "b", "c"]) await board.pool.getOrCreate(name);
          expect(log.all).toContainEqual({ type: "stopping", hostname: "shop", reason: "evicted" });
        },
        shutdown: () => board.pool.shutdown("c"),
      };
      for (const [what, happen] of Object.entries(happenings)) {
        await happen();
        expect(await chat.send(`after ${what};`).until(`after ${what};`)).toContain(`after ${what};`);
      }
      expect(chat.closed).toBe(false);
      chat.destroy();
    });
  });
});

describe("one server that stops while others serve", () => {
  it("lets what it was given finish, also a WebSocket, for as long as its grace period; then it is cut", async () => {
    const slow = createSlowApp();
    const upgraded = createGate();
    const app: AppFactory = (context) => {
      context.server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        socket.resume().on("end", () => socket.end());
        upgraded.open();
      });
      return slow.app(context) as never;
    };
    const { log } = await withBoard({ app, hostnames: { cut: { graceMs: 10 } } }, async (board) => {
      const request = board.fetch("shop", "/slow");
      await slow.arrived(1);
      const stopping = board.pool.shutdown("shop");
      // Whatever would be cut at once would be cut by the time another server has started and answered.
      expect(await (await board.fetch("other", "/fast")).text()).toBe("fast");
      slow.release();
      expect(await (await request).text()).toBe("slow");
      await stopping;

      const chat = new Client(board.port).send(get("chat", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await upgraded.promise;
      const leaving = board.pool.shutdown("chat");
      expect(await (await board.fetch("other", "/fast")).text()).toBe("fast");
      expect(chat.closed || chat.ended).toBe(false);
      chat.destroy();
      await leaving;

      const never = new Client(board.port).send(get("cut", "/slow"));
      await slow.arrived(1);
      await board.pool.shutdown("cut");
      await never.end();
      never.destroy();
    });
    expect(log.lines("cut")).toEqual(["cut cut"]);
  });

  it("makes its own requests wait for a fresh server, and drops nobody else's WebSockets", async () => {
    const slow = createSlowApp();
    const upgraded = createGate();
    const app: AppFactory = (context) => {
      context.server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        socket.on("data", (data) => socket.write(data));
        upgraded.open();
      });
      return slow.app(context) as never;
    };
    await withBoard({ app, graceMs: 0 }, async (board, log) => {
      const chat = new Client(board.port).send(get("chat", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await upgraded.promise;
      await (await board.fetch("shop", "/fast")).text();
      const stopping = board.pool.shutdown("shop");
      expect(await (await board.fetch("shop", "/fast")).text()).toBe("fast");
      await stopping;
      expect(log.lines().filter((line) => line.endsWith("shop"))).toEqual([
        "starting shop",
        "started shop",
        "stopping shop",
        "stopped shop",
        "starting shop",
        "started shop",
      ]);
      expect(await chat.send("still here").until("still here")).toContain("still here");
      chat.destroy();
    });
  });
});
