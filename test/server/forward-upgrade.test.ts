import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { get, type Peer } from "../support/client.ts";
import { withForwarder, withHttpServer, withRawServer } from "../support/forwarded.ts";

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: chat\r\n";
const NONE = { active: 0, connections: { open: 0, idle: 0, connecting: 0 } };

/** Switches protocols for everybody. */
const switches = (peer: Peer) => void peer.until("\r\n\r\n").then(() => peer.send(SWITCH));

describe("a forwarded upgrade", () => {
  it("carries WebSockets", async () => {
    const attach = (server: Server) => {
      new WebSocketServer({ server }).on("connection", (socket) => {
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      return undefined;
    };
    await withHttpServer(attach, {}, async ({ port, forwarder }) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: "shop.localhost" } });
      await once(socket, "open");
      for (const size of [1, 200_000]) {
        socket.send("x".repeat(size));
        const [data] = await once(socket, "message");
        expect(String(data)).toHaveLength(size);
      }
      expect(forwarder.inspect()).toMatchObject({ active: 1, connections: { open: 1, idle: 0 } });
      socket.close();
      await once(socket, "close");
      await vi.waitFor(() => expect(forwarder.inspect()).toEqual(NONE));
    });
  });

  it("passes the head on as it came, and says who asks", async () => {
    await withRawServer(switches, {}, async ({ connect }, server) => {
      const fields =
        "X-b: 2\r\nx-A: 1\r\nX-B: 3\r\nConnection: keep-alive, X-Private, Upgrade\r\nX-Private: 1\r\nUPGRADE: Chat/1\r\nX-Forwarded-For: 1.2.3.4\r\n";
      await connect()
        .send(get("shop", "//a/../b?x=%zz", fields))
        .until("\r\n\r\n");
      const [line, ...lines] = (server.peers[0] as Peer).received.split("\r\n");
      expect(line).toBe("GET //a/../b?x=%zz HTTP/1.1");
      expect(lines.slice(0, 6)).toEqual([
        "Host: shop.localhost",
        "X-b: 2",
        "x-A: 1",
        "X-B: 3",
        "UPGRADE: Chat/1",
        "Connection: Upgrade",
      ]);
      expect(lines).toContain("X-Forwarded-For: 127.0.0.1");
      expect(lines.join()).not.toMatch(/X-Private|1\.2\.3\.4|keep-alive/);
    });
  });

  it("passes the head of the answer on as it came", async () => {
    const answer =
      "HTTP/1.1 101 Fine\r\nX-b: 2\r\nx-A: 1\r\nUpgrade: chat\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nConnection: Upgrade\r\n\r\n";
    const serve = (peer: Peer) => void peer.until("\r\n\r\n").then(() => peer.send(answer));
    await withRawServer(serve, {}, async ({ connect }) => {
      expect(
        await connect()
          .send(get("shop", "/", UPGRADE))
          .until("\r\n\r\n"),
      ).toBe(
        "HTTP/1.1 101 Fine\r\nX-b: 2\r\nx-A: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n",
      );
    });
  });

  it("passes on what comes with the heads, in both directions", async () => {
    const serve = (peer: Peer) => void peer.until("\r\n\r\n").then(() => peer.send(`${SWITCH}from the server`));
    await withRawServer(serve, {}, async ({ connect }, server) => {
      const client = connect().send(`${get("shop", "/", UPGRADE)}from the client`);
      expect(await client.until("from the server")).toMatch(/\r\n\r\nfrom the server$/);
      expect(await (await server.peer(1)).until("from the client")).toMatch(/\r\n\r\nfrom the client$/);
    });
  });

  it("never shows a server that does not switch what a client sends after the head", async () => {
    const hidden = get("shop", "/hidden");
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect().send(get("shop", "/", UPGRADE) + hidden);
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      client.send(hidden);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      await client.end();
      await peer.end();
      expect(peer.received).not.toContain("/hidden");
      expect(server.peers).toHaveLength(1);
    });
  });

  it.each([
    ["with a length", "HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 4\r\n\r\nnope"],
    ["in chunks", "HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n"],
    ["until the close", "HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nConnection: close\r\n\r\nnope"],
  ])("relays a refusal with its body %s, and closes both connections", async (how, answer) => {
    const serve = (peer: Peer) =>
      void peer.until("\r\n\r\n").then(() => {
        peer.send(answer);
        if (how === "until the close") peer.socket.end();
      });
    await withRawServer(serve, {}, async ({ connect, events, forwarder }, server) => {
      const text = await connect()
        .send(get("shop", "/", UPGRADE))
        .end();
      expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\nX-Why: no\r\n/);
      expect(text).toContain("Connection: close\r\n");
      expect(text).toMatch(/\r\nnope(?:\r\n0\r\n\r\n)?$/);
      await (await server.peer(1)).end();
      await vi.waitFor(() => expect(forwarder.inspect()).toEqual(NONE));
      expect(events).toEqual([]);
    });
  });

  it("ends each direction by itself", async () => {
    for (const first of ["client", "server"] as const) {
      await withRawServer(switches, {}, async ({ connect, forwarder }, server) => {
        const client = connect().send(get("shop", "/", UPGRADE));
        await client.until("\r\n\r\n");
        const peer = await server.peer(1);
        const [one, other] = first === "client" ? [client, peer] : [peer, client];
        one.send("last words").socket.end();
        await other.end();
        expect(other.received).toMatch(/last words$/);
        expect(one.ended).toBe(false);
        other.send("answer").socket.end();
        expect(await one.end()).toMatch(/answer$/);
        await one.gone();
        await vi.waitFor(() => expect(forwarder.inspect()).toEqual(NONE));
      });
    }
  });

  it("tells one side at once that the other has broken", async () => {
    for (const first of ["client", "server"] as const) {
      await withRawServer(switches, {}, async ({ connect, forwarder }, server) => {
        const client = connect().send(get("shop", "/", UPGRADE));
        await client.until("\r\n\r\n");
        const peer = await server.peer(1);
        const [one, other] = first === "client" ? [client, peer] : [peer, client];
        one.socket.resetAndDestroy();
        await other.end();
        await vi.waitFor(() => expect(forwarder.inspect()).toEqual(NONE));
      });
    }
  });

  it("tells the server at once that the client has left before it has switched", async () => {
    await withRawServer(undefined, {}, async ({ connect, events }, server) => {
      const client = connect().send(get("shop", "/", UPGRADE));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      client.destroy();
      await peer.end();
      expect(events).toEqual([]);
    });
  });

  it("makes the fast side wait", async () => {
    await withRawServer(switches, {}, async ({ connect }, server) => {
      const client = connect().send(get("shop", "/", UPGRADE));
      await client.until("\r\n\r\n");
      (await server.peer(1)).socket.pause();
      const part = Buffer.alloc(1024 * 1024);
      let taken = 0;
      while (taken < 64 && client.socket.writableLength < 4 * part.length) {
        client.socket.write(part);
        taken += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(taken).toBeLessThan(64);
    });
  });

  it.each([
    ["garbage", "garbage\r\n\r\n", 502, "BAD_ANSWER"],
    ["nothing", "", 502, "NO_ANSWER"],
  ])("answered with %s fails as a request does", async (_what, answer, status, code) => {
    const serve = (peer: Peer) => void peer.until("\r\n\r\n").then(() => peer.send(answer).socket.end());
    await withRawServer(serve, {}, async ({ connect, events }) => {
      const text = await connect()
        .send(get("shop", "/", UPGRADE))
        .end();
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"${code}"`));
      expect(events).toMatchObject([{ phase: "upgrade", error: { code } }]);
    });
  });

  it("that is not answered gets 504, and one that cannot be delivered 502", async () => {
    await withRawServer(undefined, { responseTimeoutMs: 50 }, async ({ connect, events }) => {
      expect(
        await connect()
          .send(get("shop", "/", UPGRADE))
          .end(),
      ).toMatch(/^HTTP\/1\.1 504 [\s\S]*RESPONSE_TIMEOUT/);
      expect(events).toMatchObject([{ phase: "upgrade" }]);
    });
    await withForwarder(1, {}, async ({ connect, events }) => {
      expect(
        await connect()
          .send(get("shop", "/", UPGRADE))
          .end(),
      ).toMatch(/^HTTP\/1\.1 502 [\s\S]*CONNECT_FAILED/);
      expect(events).toMatchObject([{ phase: "connect" }]);
    });
  });

  it("takes no connection that is kept for requests", async () => {
    const serve = (peer: Peer, nth: number) =>
      nth === 1
        ? void peer.until("\r\n\r\n").then(() => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        : switches(peer);
    await withRawServer(serve, {}, async ({ connect, forwarder }) => {
      await connect().send(get("shop")).until("\r\n\r\nok");
      expect(
        await connect()
          .send(get("shop", "/", UPGRADE))
          .until("\r\n\r\n"),
      ).toMatch(/^HTTP\/1\.1 101 /);
      expect(forwarder.inspect().connections).toMatchObject({ open: 2, idle: 1 });
    });
  });

  it("to h2c is a usual request, and so is one with a body", async () => {
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => response.end(`${request.url} ${request.headers.upgrade} ${body}`));
    };
    await withHttpServer(
      () => listener,
      {},
      async ({ connect, forwarder }) => {
        const h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
        const answer = await connect()
          .send(get("shop", "/a", h2c) + get("shop", "/hidden"))
          .end();
        expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\/a undefined $/);
        const post = get("shop", "/b", `${UPGRADE}Content-Length: 4\r\n`).replace("GET", "POST");
        expect(await connect().send(`${post}body`).end()).toMatch(/\r\n\r\n\/b undefined body$/);
        const chunked = get("shop", "/c", `${UPGRADE}Transfer-Encoding: chunked\r\n`).replace("GET", "POST");
        expect(await connect().send(`${chunked}4\r\nbody\r\n0\r\n\r\n`).end()).toMatch(/\r\n\r\n\/c undefined body$/);
        expect(forwarder.inspect().active).toBe(0);
      },
    );
  });

  it("is cut when the server of its hostname stops", async () => {
    await withRawServer(switches, {}, async ({ connect, stop, forwarder }, server) => {
      const client = connect().send(get("shop", "/", UPGRADE));
      await client.until("\r\n\r\n");
      await stop();
      await client.end();
      await (await server.peer(1)).end();
      expect(forwarder.inspect()).toEqual(NONE);
    });
  });
});
