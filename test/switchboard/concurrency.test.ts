import { afterEach, describe, expect, it, vi } from "vitest";
import type { AppFactory, RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** An app that answers when it is told to, and knows how many requests it had at once. */
function createSlowApp(): { app: AppFactory; held: (() => void)[]; most: () => number; asked: string[] } {
  const held: (() => void)[] = [];
  const asked: string[] = [];
  let now = 0;
  let most = 0;
  const app: AppFactory = () => (request, response) => {
    asked.push(request.url ?? "");
    now += 1;
    most = Math.max(most, now);
    response.on("close", () => {
      now -= 1;
    });
    held.push(() => response.end("ok"));
  };
  return { app, held, most: () => most, asked };
}

/** Resolves when the app holds so many requests. */
async function holds(slow: { held: unknown[] }, count: number): Promise<void> {
  await vi.waitFor(() => expect(slow.held.length).toBe(count));
}

const send = (board: RunningSwitchboard, path: string) => new Client(board.port).send(get("shop", path));

describe("the concurrency of a hostname", () => {
  it("is never exceeded, and everyone has their turn in the order they came", async () => {
    const slow = createSlowApp();
    await withBoard({ app: slow.app, concurrency: { max: 2, queue: 10 } }, async (board) => {
      const clients: Client[] = [];
      for (let i = 0; i < 6; i += 1) {
        clients.push(send(board, `/${i}`));
        await holds(slow, Math.min(i + 1, 2));
      }
      for (let i = 0; i < 6; i += 1) {
        await vi.waitFor(() => expect(slow.held[i]).toBeDefined());
        slow.held[i]?.();
        expect(await (clients[i] as Client).until("ok")).toMatch(/^HTTP\/1.1 200 /);
      }
      for (const client of clients) client.destroy();
    });
    expect(slow.asked).toEqual(["/0", "/1", "/2", "/3", "/4", "/5"]);
    expect(slow.most()).toBe(2);
  });

  it("answers 503 at once when there is no turn and the queue is full", async () => {
    const slow = createSlowApp();
    await withBoard({ app: slow.app, concurrency: { max: 1 } }, async (board) => {
      const first = send(board, "/");
      await holds(slow, 1);
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({
        code: "QUEUE_FULL",
        detail: 'as many requests for "shop" are under way as may be (1); ask again later',
      });
      slow.held[0]?.();
      await first.until("ok");
      first.destroy();
    });
  });

  it("counts each hostname by itself", async () => {
    const slow = createSlowApp();
    await withBoard({ app: slow.app, concurrency: { max: 1 } }, async (board) => {
      const clients = ["shop", "blog"].map((name) => new Client(board.port).send(get(name)));
      await holds(slow, 2);
      for (const answer of slow.held) answer();
      for (const client of clients) expect(await client.until("ok")).toMatch(/^HTTP\/1.1 200 /);
      for (const client of clients) client.destroy();
    });
  });

  it("forgets who leaves the queue, or leaves while it is served", async () => {
    const slow = createSlowApp();
    await withBoard({ app: slow.app, concurrency: { max: 1, queue: 1 } }, async (board) => {
      const first = send(board, "/first");
      await holds(slow, 1);
      const second = send(board, "/second");
      await vi.waitFor(async () => expect((await board.fetch("shop")).status).toBe(503)); // it waits, so the queue is full
      second.destroy();
      let third = send(board, "/third");
      await vi.waitFor(() => {
        if (!third.received.includes(" 503 ")) return;
        third.destroy();
        third = send(board, "/third"); // the second had not been noticed to be gone
        throw new Error("again");
      });
      first.destroy();
      await holds(slow, 2);
      slow.held[1]?.();
      expect(await third.until("ok")).toMatch(/^HTTP\/1.1 200 /);
      third.destroy();
    });
    expect(slow.asked).toEqual(["/first", "/third"]);
  });

  it("is not used up by requests whose answers have to wait for others on their connection", async () => {
    const slow = createSlowApp();
    const asked: string[] = [];
    let [now, most] = [0, 0];
    const quick: AppFactory = () => (request, response) => {
      asked.push(request.url ?? "");
      now += 1;
      most = Math.max(most, now);
      response.on("close", () => {
        now -= 1;
      });
      response.end("quick");
    };
    const app: AppFactory = (context) => (context.hostname === "blog" ? slow.app(context) : quick(context));
    await withBoard({ app, concurrency: { max: 1 } }, async (board) => {
      const pipelined = (path: string) =>
        new Client(board.port).send(get("blog") + get("shop", path) + get("shop", path));
      const client = pipelined("/stays");
      await holds(slow, 1);
      expect(await (await board.fetch("shop", "/fetch")).text()).toBe("quick");
      slow.held[0]?.();
      await vi.waitFor(() => expect(client.received.match(/200 OK|quick/g)).toHaveLength(5));
      client.destroy();
      const leaver = pipelined("/leaves");
      await holds(slow, 2);
      leaver.destroy();
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(0));
      expect(await (await board.fetch("shop", "/fetch")).text()).toBe("quick");
    });
    expect(asked).toEqual(["/fetch", "/stays", "/stays", "/fetch"]);
    expect(most).toBe(1);
  });

  it("holds so many requests of one connection, and no more", async () => {
    const asked = new Set<string>();
    const app: AppFactory =
      ({ hostname }) =>
      (_request, response) => {
        asked.add(hostname);
        if (hostname === "shop") response.end("ok");
        else setImmediate(() => response.end("ok")); // all of them are parsed by then
      };
    await withBoard({ app, hostnames: { shop: { concurrency: { max: 1 } } } }, async (board) => {
      await board.pool.getOrCreate("blog");
      const client = new Client(board.port).send(get("blog") + get("shop").repeat(103));
      await vi.waitFor(() => expect(client.received.match(/HTTP\/1.1 /g)).toHaveLength(104));
      expect(client.received.match(/HTTP\/1.1 200 /g)).toHaveLength(101);
      expect(client.received.match(/"code":"QUEUE_FULL"/g)).toHaveLength(3);
      client.destroy();
    });
    expect([...asked]).toEqual(["blog", "shop"]);
  });

  it("holds nobody in the queue for longer than queueTimeoutMs", async () => {
    const slow = createSlowApp();
    await withBoard({ app: slow.app, concurrency: { max: 1, queue: 1, queueTimeoutMs: 30 } }, async (board) => {
      const first = send(board, "/");
      await holds(slow, 1);
      const late = await board.fetch("shop");
      expect(late.status).toBe(503);
      expect(await late.json()).toMatchObject({
        code: "QUEUE_TIMEOUT",
        detail:
          'as many requests for "shop" are under way as may be (1), and this one has waited 30 ms for its turn; ask again later',
      });
      slow.held[0]?.();
      await first.until("ok");
      first.destroy();
    });
  });

  it("counts requests while their server starts", async () => {
    let open: (() => void) | undefined;
    const app: AppFactory = async () => {
      await new Promise<void>((resolve) => {
        open = resolve;
      });
      return (_request, response) => void response.end("ok");
    };
    await withBoard({ app, concurrency: { max: 2 } }, async (board) => {
      const clients = [send(board, "/"), send(board, "/")];
      await vi.waitFor(async () => expect((await board.fetch("shop")).status).toBe(503));
      open?.();
      for (const client of clients) expect(await client.until("ok")).toMatch(/^HTTP\/1.1 200 /);
      for (const client of clients) client.destroy();
    });
  });

  it("is never exceeded by those who have waited while their server starts again", async () => {
    const starting = createGate();
    const make = createGate();
    let starts = 0;
    let active = 0;
    let most = 0;
    const app: AppFactory = async () => {
      starts += 1;
      if (starts > 1) {
        starting.open();
        await make.promise;
      }
      return (_request, response) => {
        active += 1;
        most = Math.max(most, active);
        response.on("close", () => {
          active -= 1;
        });
        setImmediate(() => response.end("ok"));
      };
    };
    await withBoard({ app, concurrency: { max: 2, queue: 100 } }, async (board) => {
      await (await board.fetch("shop")).text();
      await board.pool.shutdown("shop");
      const clients = Array.from({ length: 50 }, () => send(board, "/"));
      await starting.promise;
      await (await fetch(`http://127.0.0.1:${board.port}/__switchboard/health`)).text(); // by now they are all there
      make.open();
      for (const client of clients) expect(await client.until("ok")).toMatch(/^HTTP\/1.1 200 /);
      for (const client of clients) client.destroy();
    });
    expect(most).toBe(2);
  });

  it("does not count WebSockets", async () => {
    const app: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
      return (_request, response) => void response.end("ok");
    };
    await withBoard({ app, graceMs: 0, concurrency: { max: 1 } }, async (board) => {
      const upgrade = get("shop", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
      const sockets = [1, 2, 3].map(() => new Client(board.port).send(upgrade));
      for (const socket of sockets) expect(await socket.until("\r\n\r\n")).toMatch(/^HTTP\/1.1 101 /);
      expect((await board.fetch("shop")).status).toBe(200);
      for (const socket of sockets) socket.destroy();
    });
  });

  it("ends what waits when the switchboard ends", async () => {
    const slow = createSlowApp();
    const { report } = await withBoard(
      { app: slow.app, graceMs: 50, concurrency: { max: 1, queue: 5 } },
      async (board) => {
        const clients = [send(board, "/"), send(board, "/"), send(board, "/")];
        await holds(slow, 1);
        await vi.waitFor(async () => expect(board.pool.inspect().requests.active).toBe(1));
        await board.close();
        for (const client of clients) {
          await client.end();
          client.destroy();
        }
      },
    );
    expect(report.requestsCut).toBe(3);
  });
});
