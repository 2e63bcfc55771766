import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import type { ForwarderConfig } from "../../src/server/forward/forward-config.ts";
import type { ForwardErrorEvent } from "../../src/server/forward/forward-failure.ts";
import { type Client, get, Peer } from "../support/client.ts";
import { type Forwarded, withForwarder, withRawServer } from "../support/forwarded.ts";
import { createGate } from "../support/gate.ts";
import { answerEach } from "../support/raw-server.ts";

const CLOSE = "Connection: close\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Sends something when the head of a request has come. */
function onRequest(act: (peer: Peer) => void): (peer: Peer) => void {
  return (peer) => {
    peer.socket.on("data", () => {
      if (!peer.received.endsWith("\r\n\r\n")) return;
      peer.received = "";
      act(peer);
    });
  };
}

const sends = (text: string) => onRequest((peer) => void peer.send(text));
const sendsAndEnds = (text: string) => onRequest((peer) => peer.send(text).socket.end());

/** What a client gets from a server that is wrong, and what is reported. */
async function ask(
  serve: (peer: Peer) => void,
  options: Partial<ForwarderConfig> = {},
  request: string = get("shop", "/", CLOSE),
): Promise<{ text: string; events: ForwardErrorEvent[] }> {
  let result: { text: string; events: ForwardErrorEvent[] } | undefined;
  await withRawServer(serve, options, async ({ connect, events, forwarder }) => {
    const text = await connect().send(request).end();
    expect(forwarder.inspect()).toMatchObject({ active: 0, connections: { connecting: 0 } });
    result = { text, events };
  });
  return result as { text: string; events: ForwardErrorEvent[] };
}

function expectProblem(text: string, status: number, code: string): void {
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4))).toMatchObject({ status, code, hostname: "shop" });
  expect(text).not.toMatch(/127\.0\.0\.1|ECONN/);
}

const HEAD = "HTTP/1.1 200 OK\r\n";

describe("a server that sends what is no answer: 502, and a report", () => {
  const bad: Record<string, [answer: string, why: RegExp]> = {
    garbage: ["hello there\r\n\r\n", /begins with|no status line/],
    "a bad status line": ["HTTP/1.1 2000 OK\r\n\r\n", /no status line/],
    "a status below 100": ["HTTP/1.1 020 OK\r\n\r\n", /no status line/],
    "another version": ["HTTP/2.0 200 OK\r\n\r\n", /begins with|no status line/],
    "a status line with NUL": ["HTTP/1.1 200 O\0K\r\n\r\n", /no status line/],
    "an endless head": [`${HEAD}X-A: ${"a".repeat(70_000)}`, /larger than 64 KiB/],
    "endless fields": [HEAD + "X-A: 1\r\n".repeat(9_000), /larger than 64 KiB/],
    "lines that end with LF": ["HTTP/1.1 200 OK\nContent-Length: 0\n\n", /LF alone/],
    "a CR inside a field": [`${HEAD}X-A: a\rb\r\n\r\n`, /no header field/],
    "a folded field": [`${HEAD}X-A: a\r\n Content-Length: 5\r\n\r\n`, /no header field/],
    "a field with NUL": [`${HEAD}X-A: a\0b\r\n\r\n`, /no header field/],
    "a name with a space": [`${HEAD}Content-Length : 2\r\n\r\nok`, /no header field/],
    "an empty name": [`${HEAD}: x\r\n\r\n`, /no header field/],
    "a line without a colon": [`${HEAD}nonsense\r\n\r\n`, /no header field/],
    "both Content-Length and Transfer-Encoding": [
      `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      /both Content-Length and Transfer-Encoding/,
    ],
    "two lengths": [`${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`, /more than one Content-Length/],
    "a list of lengths": [`${HEAD}Content-Length: 2, 2\r\n\r\nok`, /no Content-Length/],
    "a negative length": [`${HEAD}Content-Length: -2\r\n\r\nok`, /no Content-Length/],
    "a length with a sign": [`${HEAD}Content-Length: +2\r\n\r\nok`, /no Content-Length/],
    "an unknown coding": [`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`, /transfer coding/],
    "two codings": [`${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, /transfer coding/],
    "chunks in HTTP/1.0": ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /HTTP\/1\.0/],
    "a chunk whose size is no number": [`${HEAD}Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n`, /no size of a chunk/],
    "a size with a sign": [`${HEAD}Transfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n`, /no size of a chunk/],
    "a chunk that is longer than its size": [
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n`,
      /longer than its size/,
    ],
    "an endless size": [`${HEAD}Transfer-Encoding: chunked\r\n\r\n2;${"x".repeat(5_000)}`, /too long/],
    "a trailer that is none": [`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX A: 1\r\n\r\n`, /no header field/],
    "a trailer that frames": [
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n`,
      /trailers have/,
    ],
    "an interim answer that closes": ["HTTP/1.0 102 Processing\r\n\r\n", /interim answer says/],
    "a flood of interim answers": ["HTTP/1.1 102 Processing\r\n\r\n".repeat(40), /interim answers/],
    "a flood of 100 Continue": ["HTTP/1.1 100 Continue\r\n\r\n".repeat(40), /interim answers/],
    "another protocol unasked": [
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      /protocols unasked/,
    ],
  };

  it.each(Object.entries(bad))("%s", async (_what, [answer, why]) => {
    const { text, events } = await ask(sends(answer));
    // In the flood, those that came before it was one were passed on.
    expectProblem(text.replace(/^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+/, ""), 502, "BAD_ANSWER");
    expect(events).toMatchObject([{ type: "forward-error", hostname: "shop" }]);
    expect(events[0]?.error.code).toBe("BAD_ANSWER");
    expect(events[0]?.message).toMatch(why);
  });
});

describe("a server that does not answer: 502 or 504, and a report", () => {
  it("closes at once", async () => {
    const { text, events } = await ask(onRequest((peer) => peer.socket.end()));
    expectProblem(text, 502, "NO_ANSWER");
    expect(events).toMatchObject([{ phase: "headers", error: { code: "NO_ANSWER" } }]);
  });

  it("resets at once", async () => {
    const { text, events } = await ask(onRequest((peer) => peer.socket.resetAndDestroy()));
    expectProblem(text, 502, "NO_ANSWER");
    expect(events).toMatchObject([{ error: { code: "NO_ANSWER", cause: { code: "ECONNRESET" } } }]);
  });

  it("closes in the middle of its head", async () => {
    const { text, events } = await ask(sendsAndEnds("HTTP/1.1 200 OK\r\nContent-Le"));
    expectProblem(text, 502, "NO_ANSWER");
    expect(events).toMatchObject([{ phase: "headers" }]);
  });

  it("closes in the middle of the request", async () => {
    const request = `${get("shop", "/", `${CLOSE}Content-Length: 9\r\n`).replace("GET", "POST")}four`;
    const leaves = (peer: Peer) => void peer.until("four").then(() => peer.socket.end());
    const { text, events } = await ask(leaves, {}, request);
    expectProblem(text, 502, "NO_ANSWER");
    expect(events).toMatchObject([{ phase: "request" }]);
  });

  it("never answers", async () => {
    const { text, events } = await ask(() => {}, { responseTimeoutMs: 50 });
    expectProblem(text, 504, "RESPONSE_TIMEOUT");
    expect(events).toMatchObject([{ phase: "headers", error: { code: "RESPONSE_TIMEOUT" } }]);
  });

  it("never ends its head, however slowly it sends it", async () => {
    const drips = onRequest((peer) => {
      peer.send(HEAD);
      const timer = setInterval(() => peer.send("X-A: 1\r\n"), 5);
      peer.socket.on("close", () => clearInterval(timer)).on("end", () => clearInterval(timer));
    });
    const { text } = await ask(drips, { responseTimeoutMs: 60 });
    expectProblem(text, 504, "RESPONSE_TIMEOUT");
  });

  it("does not read the request", async () => {
    const request = get("shop", "/", `Content-Length: ${2 ** 30}\r\n`).replace("GET", "POST");
    await withRawServer(
      (peer) => peer.socket.pause(),
      { responseTimeoutMs: 100 },
      async ({ connect, events }) => {
        const client = connect().send(request);
        const more = Buffer.alloc(64 * 1024);
        const write = () => {
          while (!client.received.includes("504") && client.socket.writable && client.socket.write(more));
        };
        client.socket.on("drain", write);
        write();
        expect(await client.until("504")).toMatch(/^HTTP\/1\.1 504 /);
        expect(events).toMatchObject([{ phase: "headers", error: { code: "RESPONSE_TIMEOUT" } }]);
      },
    );
  });

  it("is not there", async () => {
    const port = await freePort();
    await withForwarder(port, {}, async ({ connect, events }) => {
      expectProblem(
        await connect()
          .send(get("shop", "/", CLOSE))
          .end(),
        502,
        "CONNECT_FAILED",
      );
      expect(events).toMatchObject([
        { phase: "connect", error: { code: "CONNECT_FAILED", cause: { code: "ECONNREFUSED" } } },
      ]);
      expect(events[0]?.message).toContain(`127.0.0.1:${port}`);
    });
  });

  it("cannot be connected to in time", async () => {
    // TEST-NET-1 (RFC 5737): nobody answers there; where a system says so at once, it is a failure of another kind.
    const target = { host: "192.0.2.1", port: 9 };
    await withForwarder(9, { target, connectTimeoutMs: 30 }, async ({ connect, events }) => {
      const text = await connect()
        .send(get("shop", "/", CLOSE))
        .end();
      if (events[0]?.error.code === "CONNECT_TIMEOUT") expectProblem(text, 504, "CONNECT_TIMEOUT");
      else expectProblem(text, 502, "CONNECT_FAILED");
      expect(events).toMatchObject([{ phase: "connect" }]);
      expect(text).not.toContain("192.0.2.1");
    });
  });

  it("is there again after an outage: the next request is served", async () => {
    let broken = true;
    const serve = (peer: Peer) => (broken ? void peer.destroy() : answerEach(OK)(peer));
    await withRawServer(serve, {}, async ({ connect }) => {
      const client = connect().send(get("shop"));
      expect(await client.until("NO_ANSWER")).toMatch(/^HTTP\/1\.1 502 /);
      broken = false;
      expect(await client.send(get("shop")).until("\r\n\r\nok")).toContain("HTTP/1.1 200 OK");
    });
  });
});

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

describe("a server that cannot be connected to is dialled once more: nothing was sent", () => {
  const SWITCHED = "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello";
  const POST = `${get("shop", "/", `${CLOSE}Content-Length: 9\r\n`).replace("GET", "POST")}some body`;
  const UPGRADE = get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n");

  /** Runs `body` where nobody listens; `refused` is called for each dial that failed. */
  async function withNobody(
    refused: (port: number, count: number) => void,
    body: (forwarded: Forwarded, dials: () => number) => Promise<void>,
  ): Promise<void> {
    const port = await freePort();
    let dials = 0;
    const elsewhere = () => {
      dials += 1;
      refused(port, dials);
      return undefined;
    };
    await withForwarder(port, { elsewhere }, (forwarded) => body(forwarded, () => dials));
  }

  it.each<[string, string, string, string]>([
    ["a GET", get("shop", "/", CLOSE), OK, "\r\n\r\nok"],
    ["a POST with its body", POST, OK, "\r\n\r\nok"],
    ["an upgrade", UPGRADE, SWITCHED, "hello"],
  ])("for %s", async (_what, request, answer, end) => {
    const peers: Peer[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new Peer(socket);
      peers.push(peer);
      void peer.until(request.endsWith("body") ? "some body" : "\r\n\r\n").then(() => peer.send(answer));
    });
    // It comes back when the first dial has failed.
    const comesBack = (port: number) => void server.listen(port, "127.0.0.1");
    await withNobody(comesBack, async ({ connect, events }, dials) => {
      expect(await connect().send(request).until(end)).toContain(answer.split("\r\n")[0]);
      expect([dials(), peers.length, events]).toEqual([1, 1, []]);
      for (const peer of peers) peer.destroy();
      server.close();
    });
  });

  it("and no more than that while it stays away: the next request is told at once", async () => {
    await withNobody(
      () => {},
      async ({ connect, events }, dials) => {
        for (const [request, dialled] of [
          [POST, 2],
          [POST, 3],
          [UPGRADE, 4],
        ] as const) {
          expectProblem(await connect().send(request).end(), 502, "CONNECT_FAILED");
          expect(dials()).toBe(dialled);
        }
        const failed = { phase: "connect", error: { code: "CONNECT_FAILED", cause: { code: "ECONNREFUSED" } } };
        expect(events).toMatchObject([failed, failed, failed]);
      },
    );
  });

  it("and again for each outage", async () => {
    let server = createServer();
    const comesBack = (port: number, nth: number) => {
      if (nth < 3) return;
      server = createServer((socket) => sendsAndEnds(OK)(new Peer(socket))).listen(port, "127.0.0.1");
    };
    await withNobody(comesBack, async ({ connect }, dials) => {
      const ask = () =>
        connect()
          .send(get("shop", "/", CLOSE))
          .end();
      expect(await ask()).toContain("CONNECT_FAILED");
      expect(await ask()).toContain("CONNECT_FAILED"); // it comes back now
      for (const dialled of [3, 4]) {
        expect(await ask()).toMatch(/\r\n\r\nok$/);
        expect(dials()).toBe(dialled);
        server.close();
        await once(server, "close");
      }
    });
  });

  it("unless the client leaves, its hostname stops, or it is known to have ended", async () => {
    const ends: Record<string, (forwarded: Forwarded, client: Client) => void> = {
      left: (_, client) => client.destroy(),
      stopped: ({ stop }) => void stop(),
      gone: ({ forwarder }) => forwarder.gone(),
    };
    for (const [how, end] of Object.entries(ends)) {
      const refused = createGate();
      await withNobody(
        () => refused.open(),
        async (forwarded, dials) => {
          const { connect, forwarder, events } = forwarded;
          const client = connect().send(POST);
          await refused.promise;
          expect(forwarder.inspect()).toMatchObject({ active: 1, connections: { connecting: 1 } });
          end(forwarded, client);
          if (how === "left") await client.gone();
          else if (how === "gone") expectProblem(await client.end(), 502, "CONNECT_FAILED");
          else expect(await client.end()).not.toContain("200 OK");
          await vi.waitFor(() =>
            expect(forwarder.inspect()).toMatchObject({ active: 0, connections: { open: 0, connecting: 0 } }),
          );
          expect(dials()).toBeLessThanOrEqual(how === "left" ? 1 : 2);
          expect(events.map(({ message }) => message)).toEqual(
            how === "gone" ? [expect.stringContaining("ECONNREFUSED")] : [],
          );
        },
      );
    }
  });
});

describe("a server that stops in the middle of its answer: the client is cut, and a report", () => {
  const begun: Record<string, string> = {
    "a length that is longer than the body": `${HEAD}Content-Length: 9\r\n\r\nfour`,
    "chunks without the last one": `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n`,
    "half a chunk": `${HEAD}Transfer-Encoding: chunked\r\n\r\n9\r\nfour`,
  };

  it.each(Object.entries(begun))("%s", async (_what, answer) => {
    for (const how of ["end", "reset"] as const) {
      await withRawServer(undefined, {}, async ({ connect, events }, server) => {
        const client = connect().send(get("shop"));
        const peer = await server.peer(1);
        await peer.until("\r\n\r\n");
        peer.send(answer);
        await client.until("four");
        if (how === "end") peer.socket.end();
        else peer.socket.resetAndDestroy();
        const text = await client.end();
        expect(text).toMatch(/four(?:\r\n)?$/); // no last chunk, and less than the length
        expect(events).toMatchObject([{ phase: "body", error: { code: "ANSWER_CUT" } }]);
      });
    }
  });

  it("to a client of HTTP/1.0, for which the close ends the body, with a reset", async () => {
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect().send("GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n");
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      peer.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n`);
      await client.until("four");
      const failed = once(client.socket, "error");
      peer.socket.end();
      expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
    });
  });

  it("with a chunk that is none", async () => {
    await withRawServer(undefined, {}, async ({ connect, events }, server) => {
      const client = connect().send(get("shop"));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      peer.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n`);
      await client.until("four");
      peer.send("nonsense\r\n");
      expect(await client.end()).toMatch(/four\r\n$/);
      expect(events).toMatchObject([{ phase: "body", error: { code: "BAD_ANSWER" } }]);
    });
  });

  it("with silence, after idleTimeoutMs", async () => {
    const { text, events } = await ask(sends(`${HEAD}Content-Length: 9\r\n\r\nfour`), { idleTimeoutMs: 50 });
    expect(text).toMatch(/\r\n\r\nfour$/);
    expect(events).toMatchObject([{ phase: "body", error: { code: "ANSWER_CUT" } }]);
  });

  it("with the end of a body that nothing but the close ends, which is none", async () => {
    const { text, events } = await ask(sendsAndEnds("HTTP/1.0 200 OK\r\n\r\nbody"));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/);
    expect(events).toEqual([]);
  });

  it("with a reset where only the close would end the body", async () => {
    await withRawServer(undefined, {}, async ({ connect, events }, server) => {
      const client = connect().send(get("shop"));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      peer.send("HTTP/1.0 200 OK\r\n\r\nbody");
      await client.until("body");
      peer.socket.resetAndDestroy();
      expect(await client.end()).not.toMatch(/0\r\n\r\n$/);
      expect(events).toMatchObject([{ phase: "body" }]);
    });
  });
});

describe("a server that sends too much", () => {
  it("more than its length: the client gets the length, and the connection serves nobody else", async () => {
    const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    await withRawServer(sends(OK + poison), {}, async ({ connect, events }, server) => {
      for (const nth of [1, 2]) {
        const client = connect();
        expect(await client.send(get("shop", "/", CLOSE)).end()).toMatch(/\r\n\r\nok$/);
        await (await server.peer(nth)).end();
      }
      expect(events).toEqual([]);
    });
  });

  it("something that nobody has asked for: the connection serves nobody else", async () => {
    await withRawServer(sends(OK), {}, async ({ connect }, server) => {
      expect(
        await connect()
          .send(get("shop", "/", CLOSE))
          .end(),
      ).toMatch(/\r\n\r\nok$/);
      const peer = await server.peer(1);
      await peer.send("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n").end();
      expect(
        await connect()
          .send(get("shop", "/", CLOSE))
          .end(),
      ).toMatch(/\r\n\r\nok$/);
      await server.peer(2);
    });
  });

  it("a body with an answer that has none: the client gets none", async () => {
    for (const [status, method] of [
      ["204 No Content", "GET"],
      ["304 Not Modified", "GET"],
      ["200 OK", "HEAD"],
    ] as const) {
      const answer = `HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nbody`;
      const { text } = await ask(sends(answer), {}, get("shop", "/", CLOSE).replace("GET", method));
      expect(text).toMatch(/\r\n\r\n$/);
      expect(text.includes("Content-Length: 4")).toBe(status !== "204 No Content");
    }
  });

  it("chunks with an answer that has no body: the client gets none, and the next one gets its own answer", async () => {
    for (const status of ["204 No Content", "304 Not Modified"]) {
      const serve = (peer: Peer, nth: number) =>
        sends(nth === 1 ? `HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n` : OK)(peer);
      await withRawServer(serve, {}, async ({ connect }) => {
        const client = connect();
        const first = await client.send(get("shop")).until("\r\n\r\n");
        expect(first).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\\r\\n`));
        expect(first).not.toContain("Transfer-Encoding");
        expect(await client.send(get("shop")).until("\r\n\r\nok")).not.toContain("body");
      });
    }
  });

  it("chunks with the answer to HEAD: the client gets none, and the next one gets its own answer", async () => {
    const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
    const serve = (peer: Peer, nth: number) => sends(nth === 1 ? `${chunked}4\r\nbody\r\n0\r\n\r\n` : OK)(peer);
    await withRawServer(serve, {}, async ({ connect }) => {
      const client = connect();
      await client.send(get("shop").replace("GET", "HEAD")).until("\r\n\r\n");
      expect(await client.send(get("shop")).until("\r\n\r\nok")).not.toContain("body");
    });
  });

  it("100 Continue that nobody waits for: it is not passed on", async () => {
    const { text, events } = await ask(sends(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(events).toEqual([]);
  });
});

describe("a kept connection that the server closes", () => {
  /** Answers the first request on its first connection, and closes that when the second comes. */
  const stale = (peer: Peer, nth: number) => {
    if (nth > 1) return answerEach(OK)(peer);
    let requests = 0;
    peer.socket.on("data", () => {
      requests += 1;
      if (requests === 1) peer.send(OK);
      else peer.socket.resetAndDestroy();
    });
  };

  it.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])("as %s is sent: it is sent again, once", async (method) => {
    await withRawServer(stale, {}, async ({ connect, events }, server) => {
      const client = connect();
      await client.send(get("shop", "/1")).until("\r\n\r\nok");
      const text = await client.send(get("shop", "/2", CLOSE).replace("GET", method)).end();
      expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(server.peers).toHaveLength(2);
      expect(server.peers[1]?.received).toMatch(new RegExp(`^${method} /2 `));
      expect(events).toEqual([]);
    });
  });

  it.each([
    ["POST", ""],
    ["PATCH", ""],
    ["POST", "body"],
    ["PUT", "body"],
  ])("as %s with the body '%s' is sent: it is never sent again", async (method, body) => {
    await withRawServer(stale, {}, async ({ connect, events }, server) => {
      const client = connect();
      await client.send(get("shop", "/1")).until("\r\n\r\nok");
      const head = get("shop", "/2", `${CLOSE}Content-Length: ${body.length}\r\n`).replace("GET", method);
      const text = await client.send(head + body).end();
      expect(text).toMatch(/HTTP\/1\.1 502 /);
      expect(server.peers).toHaveLength(1);
      expect(events).toMatchObject([{ error: { code: "NO_ANSWER" } }]);
    });
  });

  it("is not sent again when a byte of the answer has come, or when the second connection fails as well", async () => {
    const answers = (second: string) => (peer: Peer, nth: number) => {
      let requests = 0;
      peer.socket.on("data", () => {
        requests += 1;
        if (nth === 1 && requests === 1) peer.send(OK);
        else peer.send(second).socket.end();
      });
    };
    for (const [second, connections] of [
      ["HTTP/1.1", 1],
      ["", 2],
    ] as const) {
      await withRawServer(answers(second), {}, async ({ connect, events }, server) => {
        const client = connect();
        await client.send(get("shop", "/1")).until("\r\n\r\nok");
        expect(await client.send(get("shop", "/2", CLOSE)).end()).toMatch(/HTTP\/1\.1 502 /);
        expect(server.peers).toHaveLength(connections);
        expect(events).toHaveLength(1);
      });
    }
  });
});
