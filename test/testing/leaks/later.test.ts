import { randomBytes, scrypt } from "node:crypto";
import { lookup } from "node:dns";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Readable } from "node:stream";
import { createGzip, gzip } from "node:zlib";
import { createSwitchboard } from "effection-switchboard";
import { expectNoLeaks, openWebSocket } from "effection-switchboard/testing";
import express from "express";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { leftBy } from "../../support/left-by.ts";

const servers: Server[] = [];
const listen = () => void servers.push(createServer().listen(0, "127.0.0.1"));

afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) server.close();
});

describe("expectNoLeaks waits for what is pending, and names what that makes", () => {
  it.each<[string, () => unknown]>([
    ["a lookup", () => lookup("localhost", listen)],
    ["the lookup of a server", () => void servers.push(createServer().listen(0, "localhost"))],
    ["a file", () => void readFile(import.meta.filename).then(listen)],
    ["several files", () => void stat(".").then(() => readFile(import.meta.filename).then(listen))],
    ["a hash", () => scrypt("a", "b", 64, listen)],
    ["random bytes", () => randomBytes(8, listen)],
    ["a digest", () => void crypto.subtle.digest("SHA-256", new Uint8Array(9)).then(listen)],
    ["a compression", () => gzip("x".repeat(1_000_000), listen)],
  ])("%s", async (_what, start) => {
    expect(await leftBy(() => void start(), { settleMs: 500 })).toContain("TCP server on");
  });

  it("what a listener of a stream made, by the line of the listener", async () => {
    const body = () => void Readable.from(["x"]).on("end", listen).resume();
    expect(await leftBy(body, { settleMs: 500 })).toMatch(
      /TCP server on .*, created at test\/testing\/leaks\/later\.test\.ts:\d+:\d+$/,
    );
  });

  it("but not for a compression that was never ended", async () => {
    await expectNoLeaks(() => void createGzip().write("x"), { settleMs: 60_000 });
  });
});

describe("expectNoLeaks ends", () => {
  it("when timers are fake", async () => {
    vi.useFakeTimers();
    expect(await leftBy(listen)).toContain("TCP server on");
  });

  it("when the body makes them fake", async () => {
    const message = await leftBy(() => {
      vi.useFakeTimers();
      listen();
    });
    expect(message).toContain("TCP server on");
  });

  it("when it is loaded while timers are fake", async () => {
    vi.useFakeTimers();
    vi.resetModules();
    const fresh = await import("effection-switchboard/testing");
    expect(fresh.expectNoLeaks).not.toBe(expectNoLeaks);
    await expect(fresh.expectNoLeaks(listen, { settleMs: 20 })).rejects.toThrow("TCP server on");
  });
});

describe("the connections of a switchboard that is older than the body", () => {
  const app = ({ hostname, server }: { hostname: string; server: HttpServer }) => {
    new WebSocketServer({ server });
    return express().get("/", (_request, response) => void response.send(hostname));
  };

  it("are its own, whoever fetched first", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await expectNoLeaks(async () => expect(await (await board.fetch("shop")).text()).toBe("shop"));
    await expectNoLeaks(async () => expect(await (await board.fetch("shop")).text()).toBe("shop"));
  });

  it("belong to the body when it has opened a WebSocket", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    let close: () => unknown = () => {};
    const message = await leftBy(async () => {
      const socket = await openWebSocket(board, "shop");
      close = () => socket.close();
    });
    expect(message).toContain(`to 127.0.0.1:${board.port}, created at`);
    await close();
  });
});

it("hints at the agent when a connection to another server is kept alive", async () => {
  const server = createHttpServer((_request, response) => void response.end("hello")).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const message = await leftBy(async () => {
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  });
  expect(message).toMatch(
    /later\.test\.ts:\d+:\d+; an agent may keep it alive: close the agent, or send "connection: close"/,
  );
  server.closeAllConnections();
});
