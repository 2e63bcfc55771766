import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import express from "express";
import { describe, expect, it, vi } from "vitest";
import {
  type AppFactory,
  createRequestFilter,
  type RequestRecord,
  type RunningSwitchboard,
  remoteApp,
  threadApp,
} from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { RawServer } from "../support/raw-server.ts";

const CLOSE = "Connection: close\r\n";

/** The records of all requests that are over, the oldest first; waits until there are `count`. */
async function records(board: RunningSwitchboard, count = 1): Promise<RequestRecord[]> {
  const journal = board.observation?.requests;
  await vi.waitFor(() => expect(journal?.last).toBeGreaterThanOrEqual(count));
  expect(journal?.last).toBe(count);
  return (journal?.query().records ?? []).reverse();
}

/** Sends `request`, and returns what comes back until the end. */
async function ask(board: RunningSwitchboard, request: string): Promise<string> {
  const client = new Client(board.port);
  try {
    return await client.send(request).end();
  } finally {
    client.destroy();
  }
}

const hello: AppFactory = () => (request, response) => void response.end(`hello ${request.headers["x-request-id"]}`);

describe("the record of a request", () => {
  it("says who asked what of whom, and how it went", async () => {
    await withBoard({ app: hello }, async (board) => {
      const before = Date.now();
      const answer = await ask(board, get("shop", "/cart?x=1", CLOSE));
      const [record] = await records(board);
      expect(record?.toJSON()).toMatchObject({
        seq: 1,
        client: "127.0.0.1",
        hostname: "shop",
        kind: "inline",
        port: board.pool.get("shop")?.port,
        replica: undefined,
        method: "GET",
        path: "/cart?x=1",
        upgrade: false,
        status: 200,
        outcome: "served",
        code: undefined,
        bytesIn: get("shop", "/cart?x=1", CLOSE).length,
        bytesOut: answer.length,
      });
      expect(record?.time).toBeGreaterThanOrEqual(before);
      expect(answer).toContain(`hello ${record?.id}`);
    });
  });

  it("splits its time into parts that add up", async () => {
    const gate = createGate();
    const started = createGate();
    const app: AppFactory = async () => {
      started.open();
      await gate.promise;
      return (_request, response) => void response.end("late");
    };
    await withBoard({ app }, async (board) => {
      const answer = ask(board, get("shop", "/", CLOSE));
      await started.promise;
      await new Promise((resolve) => setTimeout(resolve, 30)); // the time that is measured
      gate.open();
      await answer;
      const [record] = await records(board);
      const { queuedMs, faultMs, startingMs, connectingMs, firstByteMs, bodyMs } = (record as RequestRecord).timings;
      expect(startingMs).toBeGreaterThanOrEqual(25);
      expect([queuedMs, faultMs, connectingMs]).toEqual([0, 0, 0]);
      expect(queuedMs + startingMs + connectingMs + firstByteMs + bodyMs).toBeCloseTo(record?.durationMs as number, 1);
    });
  });

  it("says which fault struck it, and how long that has delayed it: nothing else took that time", async () => {
    const remote = await RawServer.listen((peer) => {
      void peer.until("\r\n\r\n").then(() => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    const app: AppFactory = ({ hostname }) =>
      hostname === "shop" ? (_request, response) => void response.end() : remoteApp(`http://127.0.0.1:${remote.port}`);
    try {
      await withBoard({ app }, async (board) => {
        board.fault({ hostname: "*", kind: "latency", ms: 300 });
        await ask(board, get("shop", "/", CLOSE)); // starts its server afterwards
        await ask(board, get("shop", "/", CLOSE));
        await ask(board, get("blog", "/", CLOSE));
        for (const { fault, timings } of await records(board, 3)) {
          const { faultMs, ...others } = timings;
          expect(fault).toBe("latency");
          expect(faultMs).toBeGreaterThanOrEqual(290);
          for (const [name, ms] of Object.entries(others))
            expect({ name, less: ms < 290 }).toEqual({ name, less: true });
        }
      });
    } finally {
      await remote.close();
    }
  });

  it("counts the bytes of each request of a kept connection", async () => {
    await withBoard({ app: () => (_request, response) => void response.end("x".repeat(1_000)) }, async (board) => {
      const client = new Client(board.port);
      await client.send(get("shop", "/1")).until("xxx");
      await records(board, 1);
      const first = client.received.length;
      await client.send(get("shop", "/22", CLOSE)).end();
      const [one, two] = await records(board, 2);
      expect([one?.bytesIn, one?.bytesOut]).toEqual([get("shop", "/1").length, first]);
      client.destroy();
      expect([two?.bytesIn, two?.bytesOut]).toEqual([get("shop", "/22", CLOSE).length, client.received.length - first]);
    });
  });

  it("cuts a path that is very long", async () => {
    await withBoard({ app: hello }, async (board) => {
      await ask(board, get("shop", `/${"a".repeat(8_000)}`, CLOSE));
      expect((await records(board))[0]?.path).toHaveLength(512);
    });
  });

  it("is not made for the switchboard's own pages", async () => {
    await withBoard({ app: hello }, async (board) => {
      await ask(board, get("switchboard", "/__switchboard/health", CLOSE));
      await ask(board, get("shop", "/", CLOSE));
      expect(await records(board)).toMatchObject([{ hostname: "shop" }]);
    });
  });

  it("says what kind of server it was given to, and which replica", async () => {
    const app: AppFactory = ({ hostname }) =>
      hostname === "shop" ? threadApp("test/fixtures/thread-app.mjs") : remoteApp(`http://127.0.0.1:${remote.port}`);
    const remote = await RawServer.listen((peer) => {
      void peer.until("\r\n\r\n").then(() => peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    try {
      await withBoard({ app }, async (board) => {
        await ask(board, get("shop", "/", CLOSE));
        await ask(board, get("blog", "/", CLOSE));
        const [thread, other] = await records(board, 2);
        expect(thread).toMatchObject({ kind: "thread", replica: 1, status: 200, outcome: "served" });
        expect(other).toMatchObject({ kind: "remote", port: remote.port, status: 200, outcome: "served" });
        expect(other?.timings.connectingMs).toBeGreaterThan(0);
      });
    } finally {
      await remote.close();
    }
  });
});

describe("the outcome of a request", () => {
  /** What is recorded of one request. */
  const outcome = async (app: AppFactory, request: string, config: Parameters<typeof withBoard>[0] = {}) => {
    let found: RequestRecord | undefined;
    await withBoard({ app, graceMs: 0, ...config }, async (board) => {
      await ask(board, request);
      [found] = await records(board);
    });
    const { status, outcome: ended, code, hostname } = found as RequestRecord;
    return { status, outcome: ended, code, hostname };
  };

  it("is refused for what names no hostname, or none that is served", async () => {
    expect(await outcome(hello, `GET / HTTP/1.1\r\nHost: a b\r\n${CLOSE}\r\n`)).toEqual({
      status: 400,
      outcome: "refused",
      code: "BAD_REQUEST",
      hostname: undefined,
    });
    expect(await outcome(() => undefined, get("shop", "/", CLOSE))).toMatchObject({
      status: 404,
      outcome: "refused",
      code: "DECLINED",
      hostname: "shop",
    });
    expect(await outcome(hello, get("shop", "/", CLOSE), { admit: () => false })).toMatchObject({
      status: 421,
      outcome: "refused",
    });
  });

  it("is failed when its server cannot start, or breaks off", async () => {
    const fails: AppFactory = () => {
      throw new Error("no database");
    };
    expect(await outcome(fails, get("shop", "/", CLOSE))).toMatchObject({
      status: 503,
      outcome: "failed",
      code: "START_FAILED",
    });
    const throws: AppFactory = () => () => {
      throw new Error("oops");
    };
    expect(await outcome(throws, get("shop", "/", CLOSE))).toMatchObject({
      status: 500,
      outcome: "failed",
      code: "APP_FAILED",
    });
    const breaks = await RawServer.listen((peer) => {
      void peer.until("\r\n\r\n").then(() => {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        peer.socket.end();
      });
    });
    const url = `http://127.0.0.1:${breaks.port}`;
    expect(await outcome(() => remoteApp(url), get("shop", "/", CLOSE))).toMatchObject({
      status: 200,
      outcome: "failed",
    });
    await breaks.close();
    expect(await outcome(() => remoteApp(url), get("shop", "/", CLOSE))).toMatchObject({
      status: 502,
      outcome: "failed",
      code: "CONNECT_FAILED",
    });
  });

  it("is failed when an inline app breaks off, by itself or by what it throws, and breakers count that", async () => {
    const breaks: RequestListener[] = [
      (_request, response) => {
        response.write("half");
        response.destroy();
      },
      (request, response) => {
        response.write("half");
        request.socket.destroy();
      },
      (_request, response) => {
        response.write("half");
        throw new Error("oops");
      },
    ];
    for (const app of breaks) {
      await withBoard({ app: () => app, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
        await ask(board, get("shop", "/", CLOSE));
        expect(await records(board)).toMatchObject([{ outcome: "failed", status: 200 }]);
        expect(board.circuit("shop")?.state).toBe("open");
      });
    }
  });

  it("is client-gone also for a client that resets, and no breaker counts it", async () => {
    const app: RequestListener = (_request, response) => void response.write("half");
    for (const leave of ["resetAndDestroy", "destroy"] as const) {
      await withBoard({ app: () => app, circuitBreaker: { failureThreshold: 1 }, graceMs: 0 }, async (board) => {
        const client = new Client(board.port).send(get("shop"));
        await client.until("half");
        client.socket[leave]();
        expect(await records(board)).toMatchObject([{ outcome: "client-gone", status: 200 }]);
        expect(board.circuit("shop")?.state).toBe("closed");
      });
    }
  });

  it("is that of the end: what happens for a client that has left changes its record no more", async () => {
    const gate = createGate();
    const asked = createGate();
    const app: AppFactory = async () => {
      asked.open();
      await gate.promise;
      return () => {};
    };
    await withBoard({ app }, async (board) => {
      const client = new Client(board.port).send(get("shop"));
      await asked.promise;
      client.destroy();
      const [record] = await records(board);
      const before = JSON.stringify(record);
      gate.open();
      await vi.waitFor(() => expect(board.pool.get("shop")).toBeDefined());
      expect(JSON.stringify(record)).toBe(before);
    });
  });

  it("is refused when the rest of its body does not come, or is no body", async () => {
    const app: AppFactory = () => (request, response) => void request.resume().on("end", () => response.end());
    const post = (fields: string, body: string) => `${get("shop", "/", fields).replace("GET", "POST")}${body}`;
    expect(await outcome(app, post("Content-Length: 10\r\n", "abc"), { bodyTimeoutMs: 50 })).toMatchObject({
      status: 408,
      outcome: "refused",
      code: "REQUEST_TIMEOUT",
    });
    expect(await outcome(app, post("Transfer-Encoding: chunked\r\n", "zz\r\n"))).toMatchObject({
      status: 400,
      outcome: "refused",
      code: "BAD_REQUEST",
    });
  });

  it("has the status that was sent: text is a number, and one that Node refuses is none", async () => {
    const statuses: [RequestListener, number][] = [
      [(_request, response) => void Object.assign(response, { statusCode: "503" }).end(), 503],
      [(_request, response) => void response.writeHead("404" as never).end(), 404],
      [
        (_request, response) => {
          try {
            response.writeHead(9_999);
          } catch {
            response.writeHead(204).end();
          }
        },
        204,
      ],
    ];
    for (const [app, status] of statuses)
      expect((await outcome(() => app, get("shop", "/", CLOSE))).status).toBe(status);
  });

  it("is served, whatever status the app answers with", async () => {
    const app: AppFactory = () => express().get("/", (_request, response) => void response.status(500).send("own"));
    expect(await outcome(app, get("shop", "/", CLOSE))).toMatchObject({
      status: 500,
      outcome: "served",
      code: undefined,
    });
  });

  it("is timed-out when its start or its answer takes too long", async () => {
    const never: AppFactory = () => new Promise(() => {});
    expect(await outcome(never, get("shop", "/", CLOSE), { startTimeoutMs: 20 })).toMatchObject({
      status: 504,
      outcome: "timed-out",
      code: "START_TIMEOUT",
    });
    const silent: AppFactory = () => () => {};
    expect(await outcome(silent, get("shop", "/", CLOSE), { responseTimeoutMs: 20 })).toMatchObject({
      status: 504,
      outcome: "timed-out",
      code: "RESPONSE_TIMEOUT",
    });
    const half: AppFactory = () => (_request, response) => void response.write("half");
    expect(await outcome(half, get("shop", "/", CLOSE), { responseIdleTimeoutMs: 20 })).toMatchObject({
      status: 200,
      outcome: "timed-out",
    });
  });

  it("is client-gone when the client leaves, while it waits for the start or for the answer", async () => {
    const gate = createGate();
    const asked = createGate();
    const app: AppFactory = async ({ hostname }) => {
      if (hostname === "slow") {
        asked.open();
        await gate.promise;
      }
      return () => asked.open();
    };
    await withBoard({ app, graceMs: 0 }, async (board) => {
      const first = new Client(board.port).send(get("slow"));
      await asked.promise;
      first.destroy();
      expect(await records(board, 1)).toMatchObject([{ outcome: "client-gone", status: undefined, kind: undefined }]);
      gate.open();
      const second = new Client(board.port).send(get("shop"));
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
      second.destroy();
      const [, gone] = await records(board, 2);
      expect(gone).toMatchObject({ outcome: "client-gone", status: undefined, kind: "inline" });
    });
  });

  it("is cut when the grace period is over", async () => {
    let found: readonly RequestRecord[] = [];
    await withBoard({ app: () => () => {}, graceMs: 10 }, async (board) => {
      const client = new Client(board.port).send(get("shop"));
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
      await board.pool.shutdown("shop");
      await client.end();
      client.destroy();
      const other = new Client(board.port).send(get("shop"));
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
      await board.close();
      await other.end();
      other.destroy();
      found = board.observation?.requests.query().records ?? []; // none comes later
    });
    expect(found.map(({ outcome: ended }) => ended)).toEqual(["cut", "cut"]);
  });

  it("is failed for a fault that resets, refused for one that answers", async () => {
    await withBoard({ app: hello }, async (board) => {
      for (const kind of ["abort", "refuse"] as const) {
        const remove = board.fault({ hostname: "shop", kind });
        await ask(board, get("shop", "/", CLOSE));
        remove();
      }
      const remove = board.fault({ hostname: "shop", kind: "cut", afterBytes: 2 });
      await ask(board, get("shop", "/", CLOSE));
      remove();
      expect(await records(board, 3)).toMatchObject([
        { outcome: "failed", code: "FAULT" },
        { outcome: "refused", code: "FAULT", status: 502 },
        { outcome: "failed", code: "FAULT", status: 200 },
      ]);
    });
  });

  it("of pipelined requests is told for each, in order", async () => {
    await withBoard({ app: hello }, async (board) => {
      await ask(board, get("shop", "/1") + get("shop", "/2") + get("shop", "/3", CLOSE));
      expect((await records(board, 3)).map(({ path, outcome: ended }) => [path, ended])).toEqual([
        ["/1", "served"],
        ["/2", "served"],
        ["/3", "served"],
      ]);
    });
  });
});

describe("the record of an upgrade", () => {
  const UPGRADE = "Connection: Upgrade\r\nUpgrade: chat\r\n";

  it("ends with its socket, and has its status and bytes", async () => {
    const app: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
        socket.on("data", (data: Buffer) => socket.write(data));
        socket.on("end", () => socket.end());
      });
      return () => {};
    };
    await withBoard({ app }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/chat", UPGRADE));
      await client.until("\r\n\r\n");
      await client.send("ping").until("ping");
      expect(board.observation?.requests.last).toBe(0);
      client.socket.end();
      await client.end();
      client.destroy();
      expect(await records(board)).toMatchObject([
        { upgrade: true, status: 101, outcome: "served", kind: "inline", bytesOut: client.received.length },
      ]);
    });
  });

  it("that its app refuses, in one piece or with bytes, has the status that it sent", async () => {
    const refusals = [
      (socket: Duplex) => socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n"),
      (socket: Duplex) => socket.end(new Uint8Array(Buffer.from("HTTP/1.1 401 Unauthorized\r\n\r\n"))),
      (socket: Duplex) => void socket.write(Buffer.from("HTTP/1.1 401 Unauthorized\r\n\r\n"), () => socket.end()),
    ];
    for (const refuse of refusals) {
      const app: AppFactory = ({ server }) => {
        server.on("upgrade", (_request, socket) => refuse(socket));
        return () => {};
      };
      await withBoard({ app }, async (board) => {
        await ask(board, get("shop", "/", UPGRADE));
        expect(await records(board)).toMatchObject([{ upgrade: true, status: 401, outcome: "served" }]);
      });
    }
  });

  it("that its app destroys is failed", async () => {
    const app: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => socket.destroy());
      return () => {};
    };
    await withBoard({ app }, async (board) => {
      await ask(board, get("shop", "/", UPGRADE));
      expect(await records(board)).toMatchObject([{ upgrade: true, status: undefined, outcome: "failed" }]);
    });
  });

  it("that is refused says why", async () => {
    await withBoard({ app: () => undefined }, async (board) => {
      await ask(board, get("shop", "/", UPGRADE));
      expect(await records(board)).toMatchObject([
        { upgrade: true, status: 404, outcome: "refused", code: "DECLINED" },
      ]);
    });
  });

  it("that no app takes is one usual request", async () => {
    await withBoard({ app: hello }, async (board) => {
      const answer = await ask(board, get("shop", "/", `X-Request-Id: mine\r\n${UPGRADE}`));
      expect(answer).toContain("hello mine");
      expect(await records(board)).toMatchObject([{ id: "mine", upgrade: false, status: 200, outcome: "served" }]);
    });
  });

  it("that its server elsewhere ignores has one id, for the server and the client", async () => {
    const server = await RawServer.listen((peer) => {
      void peer.until("\r\n\r\n").then(() => {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.socket.end();
      });
    });
    await withBoard({ app: () => remoteApp(`http://127.0.0.1:${server.port}`) }, async (board) => {
      const h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
      const answer = await ask(board, get("shop", "/", h2c));
      const [record] = await records(board);
      expect(answer).toContain(`X-Request-Id: ${record?.id}\r\n`);
      expect(server.peers[0]?.received).toContain(`X-Request-Id: ${record?.id}\r\n`);
      expect(record).toMatchObject({ status: 200, outcome: "served", kind: "remote" });
    });
    await server.close();
  });

  it("that is forwarded has the status that its server sent", async () => {
    const server = await RawServer.listen((peer) => {
      void peer.until("\r\n\r\n").then(() => {
        peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhi");
        peer.socket.end();
      });
    });
    await withBoard({ app: () => remoteApp(`http://127.0.0.1:${server.port}`) }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/", UPGRADE));
      await client.until("hi");
      client.socket.end();
      await client.end();
      client.destroy();
      expect(await records(board)).toMatchObject([{ upgrade: true, status: 101, outcome: "served", kind: "remote" }]);
    });
    await server.close();
  });
});

describe("X-Request-Id", () => {
  const idOf = (answer: string) => /^X-Request-Id: (.*)\r$/im.exec(answer)?.[1];

  it("is kept if it is sane, and else a new one: for the client, the app and the journal", async () => {
    const app: AppFactory = () => (request, response) => {
      const { headers, rawHeaders } = request;
      const raw = rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === "x-request-id");
      response.end(`app ${headers["x-request-id"]} (${raw})`);
    };
    await withBoard({ app }, async (board) => {
      const insane = ["a b", "<script>", "x".repeat(129), "", "a\r\nX-Request-Id: b"];
      const values = ["a1-B2.c:3", ...insane];
      const ids: (string | undefined)[] = [];
      for (const value of values) {
        const answer = await ask(board, get("shop", "/", `X-Request-Id: ${value}\r\n${CLOSE}`));
        const id = idOf(answer);
        expect(answer).toContain(`app ${id} (${id === value ? id : ""})`); // raw fields are as they came, but for insane ones
        ids.push(id);
      }
      expect(ids[0]).toBe("a1-B2.c:3");
      for (const id of ids.slice(1)) expect(id).toMatch(/^\w{8}-\w+$/);
      expect(new Set(ids).size).toBe(ids.length);
      expect((await records(board, values.length)).map(({ id }) => id)).toEqual(ids);
    });
  });

  const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    "nothing but an end": (_request, response) => void response.end("x"),
    "fields that are set": (_request, response) => void response.setHeader("X-A", "1").end("x"),
    "an object": (_request, response) => void response.writeHead(200, { "X-A": "1" }).end("x"),
    "a status text and an object": (_request, response) =>
      void response.writeHead(200, "Fine", { "X-A": "1" }).end("x"),
    "a flat list": (_request, response) => void response.writeHead(200, ["X-A", "1", "X-A", "2"]).end("x"),
    "an empty list": (_request, response) => void response.writeHead(200, []).end("x"),
    "a list of pairs": (_request, response) => void response.writeHead(200, [["X-A", "1"]] as never).end("x"),
    "fields that are set, and a list": (_request, response) =>
      void response.setHeader("X-B", "1").writeHead(200, ["X-A", "1", "X-A", "2"]).end("x"),
    "a body in pieces": (_request, response) => {
      response.write("x");
      response.end("y");
    },
  };

  it.each(Object.entries(answers))("stands once in an answer of %s", async (_what, listener) => {
    await withBoard({ app: () => listener as RequestListener }, async (board) => {
      const answer = await ask(board, get("shop", "/", CLOSE));
      const [record] = await records(board);
      expect(answer.match(/x-request-id/gi)).toHaveLength(1);
      expect(idOf(answer)).toBe(record?.id);
    });
  });

  it("that the app has set itself is the app's", async () => {
    const own: RequestListener[] = [
      (_request, response) => void response.setHeader("x-request-id", "own").end(),
      (_request, response) => void response.writeHead(200, { "x-request-id": "own" }).end(),
      (_request, response) => void response.writeHead(200, ["x-request-id", "own"]).end(),
    ];
    for (const app of own) {
      await withBoard({ app: () => app }, async (board) => {
        const answer = await ask(board, get("shop", "/", CLOSE));
        expect(answer.match(/x-request-id/gi)).toHaveLength(1);
        expect(idOf(answer)).toBe("own");
      });
    }
  });

  it("stands in a refusal, too", async () => {
    await withBoard({ app: () => undefined }, async (board) => {
      const answer = await ask(board, get("shop", "/", CLOSE));
      expect(idOf(answer)).toBe((await records(board))[0]?.id);
    });
  });
});

describe("observing", () => {
  it("is off with observe: false: nothing is kept, and nothing added", async () => {
    await withBoard({ app: hello, observe: false }, async (board) => {
      const answer = await ask(board, get("shop", "/", CLOSE));
      expect(board.observation).toBeUndefined();
      expect(answer).not.toMatch(/x-request-id/i);
      expect(answer).toContain("hello undefined");
    });
  });

  it("keeps as many requests as it is told to, and finds them by filter", async () => {
    await withBoard({ app: hello, observe: { requests: 2 } }, async (board) => {
      for (const path of ["/1", "/2", "/3"]) await ask(board, get("shop", path, CLOSE));
      await records(board, 3).catch(() => {});
      const journal = board.observation?.requests;
      expect(journal?.dropped).toBe(1);
      expect(journal?.query({ matches: createRequestFilter({ path: "/2" }) }).records).toMatchObject([{ seq: 2 }]);
    });
  });

  it("tells an observer of the user's of each request, once, and survives one that throws", async () => {
    const heard: string[] = [];
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    const observer = {
      began: ({ hostname }: RequestRecord) => {
        heard.push(`began ${hostname}`);
        throw new Error("observer");
      },
      finished: ({ hostname, outcome }: RequestRecord) => void heard.push(`finished ${hostname} ${outcome}`),
    };
    await withBoard({ app: hello, observer }, async (board) => {
      expect(await ask(board, get("shop", "/", CLOSE))).toContain("hello");
      expect(await records(board)).toHaveLength(1);
      await vi.waitFor(() => expect(warnings).toMatchObject([{ message: "observer" }]));
    });
    process.off("warning", onWarning);
    expect(heard).toEqual(["began shop", "finished shop served"]);
  });

  it("keeps events with their time", async () => {
    await withBoard({ app: hello }, async (board) => {
      await ask(board, get("shop", "/", CLOSE));
      const types = board.observation?.events.query().records.map(({ event }) => event.type);
      expect(types?.reverse().slice(0, 3)).toEqual(["listening", "starting", "started"]);
    });
  });

  it.each([
    { observe: 1 },
    { observe: { requests: 0 } },
    { observe: { events: 1.5 } },
    { observe: { what: 1 } },
    { observer: {} },
  ])("refuses %o", async (config) => {
    await expect(withBoard(config as never, async () => {})).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
