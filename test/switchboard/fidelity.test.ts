import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, it, vi } from "vitest";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

/** As a field of an answer, and as one that an app has echoed. */
const REQUEST_ID = /X-Request-Id: \w{8}-\w+\r\n|,"X-Request-Id","\w{8}-\w+"/g;
/** What an app has echoed is longer then: so is its length, and that of the chunk. */
const LENGTH = /^(?:Content-Length: \d+|[0-9a-f]+)\r\n/gim;

type Attach = (server: Server) => RequestListener;

/**
 * What a client sees directly and through the switchboard, for the same app and the same bytes. Where requests are
 * observed, each has a name, and nothing else is different.
 */
async function seeBoth(
  attach: Attach,
  talk: (client: Client) => Promise<string>,
): Promise<{ direct: string; through: string }> {
  const server = createServer({ keepAliveTimeout: 65_000 });
  server.on("request", attach(server));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const direct = await seen((server.address() as AddressInfo).port, talk);
  server.close();
  const throughBoard = async (observe: boolean) => {
    let text = "";
    await withBoard({ observe, app: ({ server }) => attach(server) }, async (board) => {
      text = await seen(board.port, talk);
    });
    return text;
  };
  const through = await throughBoard(false);
  expect((await throughBoard(true)).replaceAll(REQUEST_ID, "").replaceAll(LENGTH, "")).toBe(
    through.replaceAll(LENGTH, ""),
  );
  return { direct, through };
}

async function seen(port: number, talk: (client: Client) => Promise<string>): Promise<string> {
  const client = new Client(port);
  try {
    return (await talk(client)).replace(/^Date: .*$/gm, "Date: ...").replaceAll(String(port), "PORT");
  } finally {
    client.destroy();
  }
}

/** Sends `request` and returns all that comes back until the connection ends. */
const closing = (request: string) => (client: Client) => client.send(request).end();

const echo: Attach = () => (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, httpVersion, rawHeaders, rawTrailers } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ method, url, httpVersion, rawHeaders, rawTrailers, body }));
  });
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const CLOSE = "Connection: close\r\n";

describe("through the handoff, app and client see what they see without a switchboard", () => {
  const requests: Record<string, string> = {
    "field order, case and duplicates": get(
      "shop",
      "/",
      `${CLOSE}X-b: 2\r\nx-A: 1\r\nX-B: 3\r\nCookie: a=1\r\ncookie: b=2\r\n`,
    ),
    "client-sent forwarding fields": get("shop", "/", `${CLOSE}X-Forwarded-For: 1.2.3.4\r\nVia: 1.1 x\r\n`),
    "the exact target": get("shop", "//a/../b/./c%2fd%00?x=%zz&&y#", CLOSE),
    "an absolute target": `GET http://shop.localhost/a?b HTTP/1.1\r\nHost: shop.localhost\r\n${CLOSE}\r\n`,
    "OPTIONS *": `OPTIONS * HTTP/1.1\r\nHost: shop.localhost\r\n${CLOSE}\r\n`,
    "an unusual method": get("shop", "/", CLOSE).replace("GET", "PROPFIND"),
    "a body on GET": `${get("shop", "/", `${CLOSE}Content-Length: 4\r\n`)}body`,
    "a body on DELETE in chunks": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\n`).replace("GET", "DELETE")}4\r\nbody\r\n0\r\n\r\n`,
    "request trailers": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n`).replace("GET", "POST")}4;ext=1\r\nbody\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n`,
    "HTTP/1.0": "GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n",
    "pipelined requests, answered in order": get("shop", "/1") + get("shop", "/2") + get("shop", "/3", CLOSE),
    HEAD: get("shop", "/", CLOSE).replace("GET", "HEAD"),
    "an unknown expectation": get("shop", "/", `${CLOSE}Expect: tea\r\n`),
    "100-continue": `${get("shop", "/", `${CLOSE}Expect: 100-continue\r\nContent-Length: 4\r\n`).replace("GET", "PUT")}body`,
    "an upgrade that the app does not know": get(
      "shop",
      "/",
      "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    ),
    "an unknown upgrade with a body": `${get("shop", "/", "Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 4\r\n").replace("GET", "POST")}body`,
  };

  it.each(Object.entries(requests))("of a request: %s", async (_what, request) => {
    const { direct, through } = await seeBoth(echo, closing(request));
    expect(direct).toMatch(/^HTTP\/1\.1 /);
    expect(through).toBe(direct);
  });

  const answers: Record<string, RequestListener> = {
    "103 early hints before the answer": (_request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end("done");
    },
    "102 processing": (_request, response) => {
      response.writeProcessing();
      response.end("done");
    },
    trailers: (_request, response) => {
      response.writeHead(200, { Trailer: "X-T" });
      response.write("body");
      response.addTrailers({ "X-T": "1" });
      response.end();
    },
    "field order, case and duplicates": (_request, response) => {
      response.writeHead(200, ["X-b", "2", "x-A", "1", "X-B", "3", "Set-Cookie", "a=1", "set-cookie", "b=2"]);
      response.end();
    },
    "204": (_request, response) => void response.writeHead(204).end(),
    "304": (_request, response) => void response.writeHead(304, { ETag: '"x"' }).end(),
    "a status text of its own": (_request, response) => void response.writeHead(299, "Fine Indeed").end("x"),
    "a body in chunks": (_request, response) => {
      response.write("a");
      response.write("b");
      response.end("c");
    },
    "no Date": (_request, response) => {
      response.sendDate = false;
      response.end();
    },
    "fields set after each other": (_request, response) => {
      response.setHeader("X-One", ["1", "2"]);
      response.appendHeader("X-One", "3");
      response.removeHeader("X-Two");
      response.end("x");
    },
  };

  it.each(Object.entries(answers))("of an answer: %s", async (_what, listener) => {
    const { direct, through } = await seeBoth(() => listener, closing(get("shop", "/", CLOSE)));
    expect(through).toBe(direct);
    const kept = await seeBoth(() => listener, closing(get("shop") + get("shop", "/", CLOSE)));
    expect(kept.through).toBe(kept.direct);
  });

  it.each<[string, () => express.Express]>([
    [
      "a thrown error",
      () =>
        express().get("/", () => {
          throw Object.assign(new Error("no"), { status: 418 });
        }),
    ],
    [
      "a rejected handler",
      () =>
        express().get("/", async () => {
          throw Object.assign(new Error("no"), { status: 418 });
        }),
    ],
    ["nothing there", () => express()],
    ["JSON with an ETag", () => express().get("/", (_request, response) => void response.json({ a: 1 }))],
    ["a redirect", () => express().get("/", (_request, response) => response.redirect("/x"))],
  ])("of Express: %s", async (_what, app) => {
    vi.stubEnv("NODE_ENV", "production"); // otherwise Express answers with stacks
    vi.spyOn(console, "error").mockReturnValue();
    const { direct, through } = await seeBoth(app, closing(get("shop", "/", CLOSE)));
    expect(through).toBe(direct);
  });

  it("of listeners for checkContinue and checkExpectation", async () => {
    const attach: Attach = (server) => {
      server.on("checkContinue", (_request, response) => void response.writeHead(413).end("too large"));
      server.on("checkExpectation", (_request, response) => void response.end("tea it is"));
      return (_request, response) => void response.end("usual");
    };
    for (const expectation of ["100-continue", "tea"]) {
      const request = get("shop", "/", `${CLOSE}Expect: ${expectation}\r\n`);
      const { direct, through } = await seeBoth(attach, closing(request));
      expect(through).toBe(direct);
    }
  });

  it("of an upgrade: the bytes sent with the handshake, both directions, and each half-close", async () => {
    const attach: Attach = (server) => {
      server.on("upgrade", (request, socket, head) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${request.url} ${head}`,
        );
        socket.on("data", (data: Buffer) => socket.write(data));
        socket.on("end", () => socket.end("bye"));
      });
      return () => {};
    };
    const request = `${get("shop", "/chat", "Connection: Upgrade\r\nUpgrade: echo\r\n")}early`;
    const talk = async (client: Client) => {
      await client.send(request).until("early");
      await client.send("hello").until("hello");
      client.socket.end();
      return client.end();
    };
    const { direct, through } = await seeBoth(attach, talk);
    expect(direct).toContain("\r\n\r\n/chat earlyhellobye");
    expect(through).toBe(direct);
  });

  it("of the head of an answer, which arrives before its body exists", async () => {
    const body = createGate();
    const app: RequestListener = async (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
      await body.promise;
      response.end("data: 1\n\n");
    };
    await withBoard({ app: () => app }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/", CLOSE));
      expect(await client.until("\r\n\r\n")).toContain("text/event-stream");
      body.open();
      expect(await client.end()).toContain("data: 1");
      client.destroy();
    });
  });

  it("of a client that leaves: the app hears of it at once, also in the middle of a body", async () => {
    const left = createGate();
    const came = createGate();
    await withBoard(
      {
        app: () => (request, response) => {
          request.resume();
          response.on("close", () => left.open());
          request.on("error", () => {});
          came.open();
        },
      },
      async (board) => {
        const client = new Client(board.port).send(`${get("shop", "/", "Content-Length: 100\r\n")}half`);
        await came.promise;
        client.destroy();
        await left.promise;
      },
    );
  });

  it("of an app that gives up: the client hears of it at once", async () => {
    await withBoard(
      {
        app: () => (_request, response) => {
          response.write("half");
          setImmediate(() => response.destroy());
        },
      },
      async (board) => {
        const client = new Client(board.port).send(get("shop"));
        expect(await client.end()).not.toContain("\r\n0\r\n");
        client.destroy();
      },
    );
  });

  it("of backpressure: an answer that nobody reads stops being written, with memory to spare", async () => {
    const stopped = createGate<number>();
    const app: RequestListener = (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, "x");
      let written = 0;
      const write = () => {
        while (response.write(chunk)) written += chunk.length;
        stopped.open(written);
      };
      response.on("drain", write);
      write();
    };
    await withBoard({ app: () => app, graceMs: 0 }, async (board) => {
      const client = new Client(board.port).send(get("shop"));
      client.socket.pause();
      expect(await stopped.promise).toBeLessThan(64 * 1024 * 1024);
      client.destroy();
    });
  });
});

describe("the client's connection", () => {
  it.each<[string, RequestListener]>([
    [
      "set one by one",
      (_request, response) => {
        response.setHeader("Connection", "close");
        response.setHeader("Keep-Alive", "timeout=1");
        response.end("ok");
      },
    ],
    [
      "given to writeHead",
      (_request, response) =>
        void response.writeHead(200, { Connection: "close", "keep-alive": "timeout=1" }).end("ok"),
    ],
    [
      "given to writeHead as a list",
      (_request, response) =>
        void response.writeHead(200, ["connection", "close", "Keep-Alive", "timeout=1"]).end("ok"),
    ],
    ["set through Express", express().use((_request, response) => void response.set("Connection", "close").send("ok"))],
  ])("is not closed by the app's own fields, %s", async (_how, app) => {
    await withBoard({ app: () => app }, async (board) => {
      const client = new Client(board.port).send(get("shop"));
      const first = await client.until("ok");
      expect(first).not.toMatch(/timeout=1\b/);
      expect(first).toMatch(/^Connection: keep-alive\r$/im);
      client.received = "";
      expect(await client.send(get("blog")).until("ok")).toContain("200 OK");
      client.destroy();
    });
  });

  it("is closed when the client asks for it, whatever the app says", async () => {
    const app: RequestListener = (_request, response) =>
      void response.writeHead(200, { Connection: "keep-alive, X-Hop" }).end("ok");
    await withBoard({ app: () => app }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/", CLOSE));
      expect(await client.end()).toMatch(/^Connection: X-Hop, close\r$/m);
      client.destroy();
    });
  });
});
