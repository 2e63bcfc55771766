import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { createProxyServer } from "http-proxy";
import { type Dispatcher, Pool } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { Client, get } from "../support/client.ts";

/**
 * Why the forwarder is built on sockets. When one of these fails, the library has learnt it: think about it again.
 */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server that sends `answer` for whatever it gets; what it got is in `received`. */
async function listen(answer: string): Promise<{ origin: string; received: () => string }> {
  let received = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (part) => {
      received += part.toString("latin1");
      socket.write(answer, "latin1");
    });
    cleanups.push(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => received };
}

describe("undici cannot", () => {
  const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const cases: [string, Partial<Dispatcher.DispatchOptions>, string, RegExp][] = [
    ["ask for OPTIONS *", { method: "OPTIONS", path: "*" }, OK, /path must be an absolute URL or start with a slash/],
    [
      "pass Expect on",
      { method: "PUT", headers: ["Expect", "100-continue"], body: "x" },
      OK,
      /expect header not supported/,
    ],
    [
      "pass chunks on as such",
      { method: "POST", headers: ["Transfer-Encoding", "chunked"] },
      OK,
      /invalid transfer-encoding/,
    ],
    ["take a 100 that it has not asked for", {}, `HTTP/1.1 100 Continue\r\n\r\n${OK}`, /bad response/],
  ];

  it.each(cases)("%s", async (_what, options, answer, why) => {
    const { origin } = await listen(answer);
    const pool = new Pool(origin);
    cleanups.push(() => pool.destroy());
    await expect(pool.request({ method: "GET", path: "/", ...options } as Dispatcher.RequestOptions)).rejects.toThrow(
      why,
    );
  });
});

describe("the upgrades of http-proxy", () => {
  const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nX-b: 1\r\nx-B: 2\r\n";

  async function connect(answer: string): Promise<{ client: Client; received: () => string }> {
    const { origin, received } = await listen(answer);
    const proxy = createProxyServer({ target: origin });
    proxy.on("error", () => {});
    const front = createHttpServer().on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      cleanups.push(() => socket.destroy());
      proxy.ws(request, socket as never, head);
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const client = new Client((front.address() as AddressInfo).port);
    cleanups.push(
      () => front.close(),
      () => client.destroy(),
    );
    return { client, received };
  }

  const SWITCH =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-c: 1\r\nx-C: 2\r\n\r\n";

  it("rewrite targets, and join and lower-case fields, in both directions", async () => {
    const { client, received } = await connect(SWITCH);
    const answer = await client.send(get("shop", "//a/../b", UPGRADE)).until("\r\n\r\n");
    expect(received()).toMatch(/^GET \/\/b HTTP/);
    expect(received()).toContain("x-b: 1, 2\r\n");
    expect(answer).toContain("x-c: 1, 2\r\n");
  });

  it("close without an answer for other protocols, and for what is no answer", async () => {
    const other = await connect(SWITCH);
    expect(await other.client.send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: chat\r\n")).end()).toBe("");
    const bad = await connect("garbage\r\n\r\n");
    expect(await bad.client.send(get("shop", "/", UPGRADE)).end()).toBe("");
  });
});
