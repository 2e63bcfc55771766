import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { openWebSocket, switchboardTest } from "effection-switchboard/testing";
import express from "express";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";

const test = switchboardTest({
  app({ hostname, server }) {
    if (hostname === "broken") throw new Error("no database");
    if (hostname === "unknown") return undefined;
    new WebSocketServer({ server, handleProtocols: () => "b" }).on("connection", (socket, { url }) => {
      if (url === "/rude") socket.send("first", () => socket.close(4_000, "enough"));
      else socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    if (hostname === "deaf") server.removeAllListeners("upgrade").on("upgrade", hearNothing);
    return express().get("/", (_request, response) => void response.send(hostname));
  },
});

/** Takes a connection, and does not answer. */
function hearNothing(_request: IncomingMessage, socket: Duplex): void {
  socket.on("end", () => socket.destroy()).resume();
}

/** The line of this file that the stack of what `call` rejects with points to. */
async function firstFrame(call: Promise<unknown>): Promise<string | undefined> {
  const error: Error = await call.then(
    () => Promise.reject(new Error("it did not reject")),
    (reason) => reason,
  );
  return error.stack?.split("\n").find((line) => /^ +at /.test(line));
}

describe("switchboardTest", () => {
  const ports = new Set<number>();
  const names = new Set<string>();

  describe.concurrent("gives concurrent tests", () => {
    for (const i of [1, 2, 3, 4]) {
      test(`a switchboard each (${i})`, async ({ switchboard, pool, fetch, events }) => {
        ports.add(switchboard.port);
        names.add(`shop-${i}`);
        expect(await (await fetch(`shop-${i}`)).text()).toBe(`shop-${i}`);
        await events.next("started", `shop-${i}`);
        expect(pool.list().map(({ hostname }) => hostname)).toEqual([`shop-${i}`]);
        expect(events.lines("started")).toEqual([`started shop-${i}`]);
      });
    }
  });

  test("has shown different ports, which are free now", async () => {
    expect(ports.size).toBe(4);
    for (const port of ports) {
      const refused = await new Promise((resolve) => {
        connect({ port, host: "127.0.0.1" })
          .on("error", resolve)
          .on("connect", () => resolve("accepted"));
      });
      expect(refused).toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  test("uses few connections, however much a test asks", async ({ pool, fetch, ws }) => {
    const ports = new Set<number>();
    const { server } = await pool.getOrCreate("shop");
    server.on("request", ({ socket }: IncomingMessage) => ports.add(socket.remotePort as number));
    for (let i = 0; i < 200; i += 1) expect(await (await fetch("shop")).text()).toBe("shop");
    const socket = await ws("shop", "/echo");
    socket.send("once");
    expect(await socket.next()).toBe("once");
    expect(ports.size).toBeLessThan(5);
  });

  test("starts nothing for a test that asks for nothing", async ({ task }) => {
    expect(task.context).not.toHaveProperty("switchboard");
  });

  test("lets a test take the errors that have to happen", async ({ fetch, events }) => {
    expect((await fetch("broken")).status).toBe(503);
    expect(await events.next("error", "broken")).toMatchObject({ message: "no database" });
  });

  describe("with another config", () => {
    const test = switchboardTest({ app: () => express() });
    test.override({
      config: { app: ({ hostname }) => express().get("/", (_, res) => void res.send(`other ${hostname}`)) },
    });

    test("uses that", async ({ fetch }) => {
      expect(await (await fetch("shop")).text()).toBe("other shop");
    });
  });

  it("is vitest's own test, with everything it has", () => {
    expect(test.skipIf).toBeTypeOf("function");
    expect(test.for).toBeTypeOf("function");
  });
});

describe("ws", () => {
  test("sends and receives text and bytes", async ({ ws }) => {
    const socket = await ws("shop", "/echo", { protocols: ["a", "b"] });
    expect(socket.protocol).toBe("b");
    socket.send("hello");
    socket.send(new Uint8Array([1, 2]));
    expect(await socket.next()).toBe("hello");
    expect(await socket.next()).toEqual(new Uint8Array([1, 2]));
    expect(await socket.close(4_001, "done")).toEqual({ code: 4_001, reason: "done" });
  });

  test("says who did not send, and what came before", async ({ ws }) => {
    const socket = await ws("shop", "/echo");
    await expect(socket.next({ timeoutMs: 1 })).rejects.toThrow(
      `no message from ${socket.url} within 1 ms, 0 came before`,
    );
  });

  test("gives what came before the other side closed, then says that it did", async ({ ws }) => {
    const socket = await ws("shop", "/rude");
    expect(await socket.next()).toBe("first");
    await expect(socket.next()).rejects.toThrow("has closed with 4000 (enough); 1 message came before");
    expect(await socket.closed).toEqual({ code: 4_000, reason: "enough" });
  });

  test("rejects with the status, the URL and the reason", async ({ ws, switchboard }) => {
    const url = `ws://unknown.localhost:${switchboard.port}/`;
    await expect(ws("unknown")).rejects.toThrow(`${url} was refused with 404`);
    await expect(ws("unknown")).rejects.toThrow("DECLINED");
  });

  test("rejects when nobody is there any more", async ({ ws, switchboard }) => {
    await switchboard.close();
    await expect(ws("shop")).rejects.toThrow("the switchboard is closed");
  });

  test("says that nobody answered in time", async ({ ws, switchboard }) => {
    await expect(ws("deaf", "/", { timeoutMs: 1 })).rejects.toThrow("was neither opened nor refused within 1 ms");
    await expect(openWebSocket(switchboard, "deaf", "/", { timeoutMs: 1 })).rejects.toThrow("was neither opened");
  });

  test("points to the line of the test that failed", async ({ ws, switchboard }) => {
    const file = "switchboard-test.test.ts";
    expect(await firstFrame(ws("unknown"))).toContain(file);
    expect(await firstFrame(openWebSocket(switchboard, "unknown"))).toContain(file);
    const socket = await ws("shop", "/echo");
    expect(await firstFrame(socket.next({ timeoutMs: 1 }))).toContain(file);
    await socket.close();
    expect(await firstFrame(socket.next())).toContain(file);
  });

  test("refuses options that it does not know", async ({ ws }) => {
    await expect(ws("shop", "/", { timeout: 1 } as object)).rejects.toThrow("openWebSocket has no option 'timeout'");
    await expect(ws("shop", "/", { timeoutMs: -1 })).rejects.toThrow("timeoutMs must be");
  });
});

describe("a path", () => {
  test("has a slash, or it would be read as part of the host", async ({ fetch, ws, switchboard }) => {
    const refused = {
      code: "INVALID_OPTION",
      message: expect.stringContaining('path must be text that begins with "/"'),
    };
    await expect(fetch("a", "nope")).rejects.toMatchObject(refused);
    await expect(fetch("a", "@evil.test/x")).rejects.toMatchObject(refused);
    await expect(ws("a", "x")).rejects.toMatchObject(refused);
    expect(() => switchboard.url("a", ".evil.test")).toThrow(expect.objectContaining(refused));
    expect(switchboard.url("a", "?q=1")).toBe(`http://a.localhost:${switchboard.port}?q=1`);
  });
});
