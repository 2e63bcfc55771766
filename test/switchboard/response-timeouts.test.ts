import express from "express";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AppFactory, remoteApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { RawServer } from "../support/raw-server.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("the response budget", () => {
  it("answers 504 for a head that does not come, and tells it", async () => {
    const { log } = await withBoard({ app: () => () => {}, responseTimeoutMs: 30 }, async (board) => {
      const response = await board.fetch("shop");
      expect(response.status).toBe(504);
      expect(response.headers.get("connection")).toBe("close");
      expect(await response.json()).toMatchObject({
        code: "RESPONSE_TIMEOUT",
        hostname: "shop",
        detail: '"shop" did not begin its answer within 30 ms',
      });
      expect(board.pool.inspect().requests.active).toBe(0);
    });
    expect(log.all).toContainEqual({ type: "timed-out", hostname: "shop", waitedFor: "head", afterMs: 30 });
  });

  it("is that of the hostname", async () => {
    const app: AppFactory = () => (_request, response) => void setTimeout(() => response.end("late"), 60);
    await withBoard({ app, hostnames: { fast: { responseTimeoutMs: 10 } } }, async (board) => {
      expect((await board.fetch("fast")).status).toBe(504);
      expect((await board.fetch("slow")).status).toBe(200);
    });
  });

  it("does not count the start of the server", async () => {
    const app: AppFactory = async () => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return (_request, response) => void response.end("ok");
    };
    await withBoard({ app, responseTimeoutMs: 20 }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(200);
    });
  });

  it("does not count a body that is on its way", async () => {
    const app: AppFactory = () => (request, response) => {
      if (request.url !== "/hang") request.resume().on("end", () => response.end("ok"));
    };
    await withBoard({ app, responseTimeoutMs: 20 }, async (board) => {
      const client = new Client(board.port).send(
        "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 2\r\n\r\na",
      );
      for (let i = 0; i < 3; i += 1) expect((await board.fetch("shop", "/hang")).status).toBe(504); // so time has passed
      expect(client.received).toBe("");
      expect(await client.send("b").until("ok")).toMatch(/^HTTP\/1.1 200 /);
      client.destroy();
    });
  });

  it.each<[string, (response: express.Response) => unknown]>([
    ["json", (response) => response.json({ late: true })],
    ["status and send", (response) => response.status(201).set("x-late", "1").send("late")],
    ["redirect", (response) => response.redirect("/elsewhere")],
    ["writeHead, write and end", (response) => response.writeHead(200, { a: "b" }).write("x", () => response.end("y"))],
    ["cookie and flushHeaders", (response) => response.cookie("a", "b").flushHeaders()],
    ["sendStatus", (response) => response.sendStatus(200)],
  ])("keeps an app that answers too late with %s from doing harm", async (_how, answer) => {
    let answered = (_thrown: unknown): void => {};
    const late = new Promise((resolve) => {
      answered = resolve;
    });
    const app: AppFactory = () =>
      express().get("/", (_request, response) => {
        response.on("close", () =>
          setImmediate(() => {
            try {
              answer(response);
              answered(undefined);
            } catch (error) {
              answered(error);
            }
          }),
        );
      });
    const { log } = await withBoard({ app, responseTimeoutMs: 10 }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(504);
      expect(await late).toBeUndefined();
    });
    expect(log.lines("error")).toEqual([]);
  });

  it.each([
    ["300 s where nothing else is said", {}, 299_000, 2_000],
    ["what is said, also when that is longer", { responseTimeoutMs: 400_000 }, 399_000, 42_000],
  ])("gives a server that is reached over a connection %s", async (_what, config, beforeMs, thenMs) => {
    const server = await RawServer.listen();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const app: AppFactory = () => remoteApp(`http://127.0.0.1:${server.port}`);
    await withBoard({ app, graceMs: 0, ...config }, async (board) => {
      await board.pool.getOrCreate("shop");
      const client = new Client(board.port).send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
      await (await server.peer(1)).until("\r\n\r\n");
      await vi.advanceTimersByTimeAsync(beforeMs);
      expect(client.received).toBe("");
      await vi.advanceTimersByTimeAsync(thenMs);
      vi.useRealTimers();
      expect(await client.until("RESPONSE_TIMEOUT")).toMatch(/^HTTP\/1.1 504 /);
      client.destroy();
    });
    await server.close();
  });

  it("cuts an answer that stops in the middle of its body, not one that goes on slowly", async () => {
    const app: AppFactory = () => (request, response) => {
      response.write("x");
      if (request.url === "/stops") return;
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) response.write("x");
        else response.end("!");
      }, 15);
      response.on("close", () => clearInterval(timer));
    };
    const { log } = await withBoard({ app, responseIdleTimeoutMs: 60, responseTimeoutMs: 20 }, async (board) => {
      expect(await (await board.fetch("shop", "/goes-on")).text()).toBe("xxxxxxxx!");
      const stopped = await board.fetch("shop", "/stops");
      expect(stopped.status).toBe(200);
      await expect(stopped.text()).rejects.toThrow("terminated");
    });
    expect(log.all.filter(({ type }) => type === "timed-out")).toEqual([
      { type: "timed-out", hostname: "shop", waitedFor: "body", afterMs: 60 },
    ]);
  });

  it("does not cut an answer that waits for its client", async () => {
    const big = Buffer.alloc(32 * 1024 * 1024);
    const app: AppFactory = () => (request, response) => {
      if (request.url === "/") response.end(big);
    };
    await withBoard({ app, responseIdleTimeoutMs: 20, responseTimeoutMs: 20 }, async (board) => {
      const client = new Client(board.port);
      client.socket.pause();
      client.send(get("shop", "/", "Connection: close\r\n"));
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
      for (let i = 0; i < 3; i += 1) expect((await board.fetch("shop", "/hang")).status).toBe(504); // so time has passed
      expect(board.pool.inspect().requests.active).toBe(1);
      client.destroy();
    });
  });

  it("counts as a failure for the circuit breaker", async () => {
    const app: AppFactory = () => (request, response) => {
      if (request.url === "/body") response.write("x");
    };
    const config = { app, responseTimeoutMs: 10, responseIdleTimeoutMs: 10, circuitBreaker: { failureThreshold: 2 } };
    await withBoard(config, async (board) => {
      expect((await board.fetch("shop", "/head")).status).toBe(504);
      await expect((await board.fetch("shop", "/body")).text()).rejects.toThrow("terminated");
      await vi.waitFor(() => expect(board.circuit("shop")?.state).toBe("open"));
    });
  });
});
