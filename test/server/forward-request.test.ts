import { once } from "node:events";
import type { createServer, IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { Client, get, type Peer } from "../support/client.ts";
import { type Forwarded, withHttpServer, withRawServer } from "../support/forwarded.ts";
import { createGate } from "../support/gate.ts";
import { answerEach } from "../support/raw-server.ts";

const CLOSE = "Connection: close\r\n";

/** Fields that only exist behind the forwarder. */
const ADDED = /^(?:x-forwarded-(?:for|proto|host|port)|forwarded|via|x-request-id)$/i;

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, httpVersion, rawTrailers } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ method, url, httpVersion, rawHeaders: endToEnd(request), rawTrailers, body }));
  });
};

function endToEnd({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, i) => {
    const name = rawHeaders[i - (i % 2)] as string;
    return !ADDED.test(name) && !/^(?:connection|keep-alive)$/i.test(name);
  });
}

/** What a client sees directly and through the forwarder, for the same server and the same bytes. */
async function seeBoth(listener: RequestListener, bytes: string): Promise<{ direct: string; through: string }> {
  let through = "";
  let direct = "";
  await withHttpServer(
    () => listener,
    {},
    async ({ port }, server) => {
      direct = await seen((server.address() as AddressInfo).port, bytes);
      through = await seen(port, bytes);
    },
  );
  return { direct, through };
}

async function seen(port: number, bytes: string): Promise<string> {
  const client = new Client(port);
  const text = await client.send(bytes).end();
  client.destroy();
  return inOrder(text);
}

/** The fields that Node adds come after those of the app, in an order of their own. */
function inOrder(text: string): string {
  return text.replace(/^HTTP\/1\.1 .*\r\n(?:.+\r\n)*/gm, (head) => {
    const lines = head
      .replace(/^Date: .*$/m, "Date: ...")
      .split("\r\n")
      .slice(0, -1);
    const added = lines.filter((line) => ADDED_BY_NODE.test(line)).sort();
    return [...lines.filter((line) => !ADDED_BY_NODE.test(line)), ...added, ""].join("\r\n");
  });
}

const ADDED_BY_NODE = /^(?:Date|Connection|Keep-Alive|Content-Length|Transfer-Encoding|Trailer): /;

/** The head of the request that a server got for these bytes. */
async function sentOn(bytes: string): Promise<string> {
  let head = "";
  await withRawServer(answerEach("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), {}, async ({ connect }, server) => {
    await connect().send(bytes).until("ok");
    head = (await server.peer(1)).received;
  });
  return head;
}

describe("a forwarded request arrives as it came", () => {
  const requests: Record<string, string> = {
    "field order, case and duplicates": get(
      "shop",
      "/",
      `${CLOSE}X-b: 2\r\nx-A: 1\r\nX-B: 3\r\nCookie: a=1\r\ncookie: b=2\r\n`,
    ),
    "bytes beyond ASCII in fields": get("shop", "/", `${CLOSE}X-Name: \xe9\xff\r\n`),
    "empty values and blanks inside values": get("shop", "/", `${CLOSE}X-Empty:\r\nX-Blank:  a  b \r\n`),
    "a hundred fields": get("shop", "/", CLOSE + Array.from({ length: 100 }, (_, i) => `X-${i}: ${i}\r\n`).join("")),
    "a large field": get("shop", "/", `${CLOSE}X-Large: ${"x".repeat(15_000)}\r\n`),
    "the exact target": get("shop", "//a/../b/./c%2fd%00?x=%zz&&y;[]{}|^`#", CLOSE),
    "OPTIONS *": `OPTIONS * HTTP/1.1\r\nHost: shop.localhost\r\n${CLOSE}\r\n`,
    "an unusual method": get("shop", "/", CLOSE).replace("GET", "PROPFIND"),
    "a body on GET": `${get("shop", "/", `${CLOSE}Content-Length: 4\r\n`)}body`,
    "an empty body on POST": get("shop", "/", `${CLOSE}Content-Length: 0\r\n`).replace("GET", "POST"),
    "no body and no length on POST": get("shop", "/", CLOSE).replace("GET", "POST"),
    "a body in chunks": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\n`).replace("GET", "POST")}4\r\nbody\r\n2\r\n!!\r\n0\r\n\r\n`,
    "a body on DELETE in chunks": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\n`).replace("GET", "DELETE")}4\r\nbody\r\n0\r\n\r\n`,
    "a body on OPTIONS in chunks": `${get("shop", "/", `${CLOSE}transfer-encoding: chunked\r\n`).replace("GET", "OPTIONS")}4\r\nbody\r\n0\r\n\r\n`,
    "an empty body in chunks": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\n`).replace("GET", "PUT")}0\r\n\r\n`,
    "request trailers": `${get("shop", "/", `${CLOSE}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n`).replace("GET", "POST")}4;ext=1\r\nbody\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n`,
    HEAD: get("shop", "/", CLOSE).replace("GET", "HEAD"),
  };

  it.each(Object.entries(requests))("%s", async (_what, request) => {
    const { direct, through } = await seeBoth(echo, request);
    expect(direct).toMatch(/^HTTP\/1\.1 200 /);
    // Order is kept, but a chunked body is announced after the other fields.
    expect(sortCoding(through)).toBe(sortCoding(direct));
  });

  it("an absolute target in origin form, for the host that it names", async () => {
    const absolute = (target: string) => sentOn(`GET ${target} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n`);
    expect(await absolute("http://shop.localhost/a/../b?c")).toMatch(/^GET \/a\/\.\.\/b\?c HTTP\/1\.1\r\n/);
    expect(await absolute("http://shop.localhost")).toMatch(/^GET \/ HTTP/);
    expect(await absolute("http://shop.localhost?q")).toMatch(/^GET \/\?q HTTP/);
    const options = await sentOn("OPTIONS http://shop.localhost HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    expect(options).toMatch(/^OPTIONS \* HTTP/);
  });

  it("without what is about the client's connection, also what Connection names", async () => {
    const fields =
      "Connection: keep-alive, X-Private ,x-other\r\nX-Private: 1\r\nX-Other: 1\r\nX-Kept: 1\r\nKeep-Alive: timeout=5\r\n" +
      "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nProxy-Authenticate: x\r\nTE: trailers\r\n" +
      "Trailer: X-T\r\nUpgrade: h2c\r\n";
    const head = await sentOn(get("shop", "/", fields));
    const names = head.split("\r\n").map((line) => line.split(":")[0]?.toLowerCase());
    expect(names).toContain("x-kept");
    const hops = ["connection", "x-private", "x-other", "keep-alive", "proxy-connection", "proxy-authorization"];
    expect(
      names.filter((name) => [...hops, "proxy-authenticate", "te", "trailer", "upgrade"].includes(name ?? "")),
    ).toEqual([]);
  });

  it("with Host, length and our own fields, even when Connection names them", async () => {
    const head = await sentOn(
      `${get("shop", "/", "Connection: host, content-length, x-forwarded-for, via\r\nContent-Length: 2\r\n").replace("GET", "POST")}hi`,
    );
    expect(head).toMatch(/^Host: shop\.localhost\r$/m);
    expect(head).toMatch(/^Content-Length: 2\r$/m);
    expect(head).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(head).toMatch(/^Via: 1\.1 /m);
  });

  it("with Host as the client sent it", async () => {
    expect(await sentOn("GET / HTTP/1.1\r\nhOsT: Shop.LocalHost:8000\r\n\r\n")).toMatch(
      /^hOsT: Shop\.LocalHost:8000\r$/m,
    );
  });

  it("with Expect, and the server's leave is the client's", async () => {
    const leave = createGate();
    const asked = createGate();
    const attach = (server: ReturnType<typeof createServer>) => {
      server.on("checkContinue", async (request, response) => {
        asked.open();
        await leave.promise;
        response.writeContinue();
        echo(request, response);
      });
      return echo;
    };
    await withHttpServer(attach, {}, async ({ connect }) => {
      const head = get("shop", "/", "Expect: 100-continue\r\nContent-Length: 4\r\n").replace("GET", "PUT");
      const client = connect().send(head);
      await asked.promise;
      expect(client.received).toBe("");
      leave.open();
      expect(await client.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
      expect(await client.send("body").until('"body":"body"')).not.toContain("Connection: close");
      expect(await client.send(get("shop", "/next", CLOSE)).end()).toContain('"url":"/next"');
    });
  });

  it("with Expect, and a refusal is the client's, whose connection ends: nobody knows whether the body comes", async () => {
    const refuse = answerEach("HTTP/1.1 413 Too Big\r\nContent-Length: 2\r\n\r\nno");
    await withRawServer(refuse, {}, async ({ connect, events }, server) => {
      const head = get("shop", "/", "Expect: 100-continue\r\nContent-Length: 4\r\n").replace("GET", "PUT");
      const answer = await connect().send(head).end();
      expect(answer).toMatch(/^HTTP\/1\.1 413 Too Big\r\n/);
      expect(answer).toContain("Connection: close\r\n");
      expect(answer.endsWith("\r\n\r\nno")).toBe(true);
      await (await server.peer(1)).end();
      expect(events).toEqual([]);
    });
  });

  it("with any other expectation, which is the server's to refuse", async () => {
    const { direct, through } = await seeBoth(echo, get("shop", "/", `${CLOSE}Expect: tea\r\n`));
    expect(direct).toMatch(/^HTTP\/1\.1 417 /);
    expect(through).toBe(direct);
  });

  it("no second request hides in a body", async () => {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: shop.localhost\r\n\r\n";
    const urls: (string | undefined)[] = [];
    const listener: RequestListener = (request, response) => {
      urls.push(request.url);
      echo(request, response);
    };
    await withHttpServer(
      () => listener,
      {},
      async ({ connect }) => {
        for (const method of ["GET", "DELETE", "OPTIONS", "HEAD", "POST"]) {
          const chunked = get("shop", `/${method}`, "Transfer-Encoding: chunked\r\n").replace("GET", method);
          const bytes = `${chunked}${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
          await connect()
            .send(bytes + get("shop", "/last", CLOSE))
            .end();
        }
      },
    );
    expect(urls).toEqual([
      "/GET",
      "/last",
      "/DELETE",
      "/last",
      "/OPTIONS",
      "/last",
      "/HEAD",
      "/last",
      "/POST",
      "/last",
    ]);
  });
});

describe("an answer comes back as it was sent", () => {
  const answers: Record<string, RequestListener> = {
    "103 early hints before the answer": (_request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end("done");
    },
    "102 processing": (_request, response) => {
      response.writeProcessing();
      response.end("done");
    },
    "field order, case and duplicates": (_request, response) => {
      response.writeHead(200, ["X-b", "2", "x-A", "1", "X-B", "3", "Set-Cookie", "a=1", "set-cookie", "b=2"]);
      response.end();
    },
    "204": (_request, response) => void response.writeHead(204).end(),
    "304": (_request, response) => void response.writeHead(304, { ETag: '"x"' }).end(),
    "304 with a length": (_request, response) => void response.writeHead(304, { "Content-Length": "7" }).end(),
    "a status text of its own": (_request, response) => void response.writeHead(299, "Fine Indeed").end("x"),
    "a status without a text": (_request, response) => void response.writeHead(599, " ").end("x"),
    "a body in chunks": (_request, response) => {
      response.write("a");
      response.write("b");
      response.end("c");
    },
    "an empty body in chunks": (_request, response) => {
      response.flushHeaders();
      response.end();
    },
    "an answer without a date": (_request, response) => {
      response.sendDate = false;
      response.end("x");
    },
    "a large head": (_request, response) => void response.writeHead(200, { "X-Large": "x".repeat(40_000) }).end("x"),
  };

  it.each(Object.entries(answers))("%s", async (_what, listener) => {
    for (const method of ["GET", "HEAD"]) {
      const { direct, through } = await seeBoth(listener, get("shop", "/", CLOSE).replace("GET", method));
      expect(direct).toMatch(/^HTTP\/1\.1 /);
      expect(through).toBe(direct);
    }
  });

  it.each(["GET", "HEAD"])("to %s over HTTP/1.0, whose body the close ends", async (method) => {
    for (const listener of Object.values(answers)) {
      const bytes = `${method} / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n`;
      const { direct, through } = await seeBoth(listener, bytes);
      // HTTP/1.0 has no interim answers, and its bodies need no length.
      const plain = (text: string) =>
        text.replace(/HTTP\/1\.1 10\d .*\r\n(?:.+\r\n)*\r\n/, "").replace(/^(?:Content-Length|Trailer): .*\r\n/gm, "");
      expect(plain(through)).toBe(plain(direct));
    }
  });

  it("with bytes beyond ASCII in its head", async () => {
    const answer = "HTTP/1.1 299 Fine \xe9\r\nX-Name: \xff\xa0\r\nContent-Length: 0\r\n\r\n";
    await withRawServer(answerEach(answer), {}, async ({ port }) => {
      const got = await seen(port, get("shop", "/", CLOSE));
      expect(got).toMatch(/^HTTP\/1\.1 299 Fine \xe9\r\nX-Name: \xff\xa0\r\n/);
    });
  });

  it("with trailers, and without them where the client can get none", async () => {
    const answer =
      "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-T: 1\r\nx-t: 2\r\nKeep-Alive: timeout=9\r\n\r\n";
    await withRawServer(answerEach(answer), {}, async ({ port }) => {
      const got = await seen(port, get("shop", "/", CLOSE));
      expect(got).toContain("\r\nTrailer: X-T\r\n");
      expect(got).toMatch(/\r\n\r\n4\r\nbody\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n$/);
      const old = await seen(port, "GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n");
      expect(old).toMatch(/\r\n\r\nbody$/);
      expect(old).not.toContain("Trailer");
    });
    const head = answerEach("HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n");
    await withRawServer(head, {}, async ({ port }) => {
      expect(await seen(port, get("shop", "/", CLOSE).replace("GET", "HEAD"))).toMatch(
        /^HTTP\/1\.1 200 OK\r\n(?!.*Trailer)/s,
      );
    });
  });

  it("without what is about the server's connection, which does not steer the client's", async () => {
    const fields =
      "Connection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=1\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\n";
    const serve = (peer: Peer, nth: number) =>
      answerEach(`HTTP/1.1 200 OK\r\n${fields}X-Kept: 1\r\nContent-Length: 3\r\n\r\nok${nth}`)(peer);
    await withRawServer(serve, {}, async ({ connect }) => {
      const client = connect();
      const answer = await client.send(get("shop")).until("ok1");
      expect(answer).toContain("X-Kept: 1");
      expect(answer).not.toMatch(/X-Private|timeout=1\b|Proxy-|Upgrade|close/i);
      await client.send(get("shop")).until("ok2");
      expect(client.ended).toBe(false);
    });
  });

  it("its head before its body exists", async () => {
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect().send(get("shop"));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Head: 1\r\n\r\n");
      expect(await client.until("\r\n\r\n")).toContain("X-Head: 1\r\n");
      peer.send("bo");
      expect(await client.until("bo")).not.toContain("body");
      peer.send("dy");
      expect(await client.until("body")).toMatch(/\r\n\r\nbody$/);
    });
  });

  it("before the request was read, which goes on as long as the server reads it", async () => {
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect().send(get("shop", "/", "Content-Length: 8\r\n").replace("GET", "POST"));
      client.send("half");
      const peer = await server.peer(1);
      await peer.until("half");
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfrom\r\n");
      await client.until("from");
      client.send("more");
      await peer.until("more");
      peer.send("0\r\n\r\n");
      await client.until("0\r\n\r\n");
      // and the connection goes on
      client.send(get("shop", "/next"));
      await peer.until("/next");
    });
  });

  it("when it is complete before the request: the rest of that is thrown away, and the client's connection goes on", async () => {
    await withRawServer(undefined, {}, async ({ connect, events }, server) => {
      const client = connect().send(get("shop", "/", "Content-Length: 8\r\n").replace("GET", "POST"));
      client.send("half");
      const peer = await server.peer(1);
      await peer.until("half");
      peer.send("HTTP/1.1 413 Too Big\r\nContent-Length: 2\r\n\r\nno");
      expect(await client.until("\r\n\r\nno")).toMatch(/^HTTP\/1\.1 413 Too Big\r\n/);
      await peer.end();
      client.send(`rest${get("shop", "/next")}`);
      const next = await server.peer(2);
      await next.until("/next");
      expect(next.received).toMatch(/^GET \/next /);
      expect(events).toEqual([]);
    });
  });

  it("before the request was read, by a server that then closes: it is never lost to the bytes that it did not read", async () => {
    const serve = (peer: Peer) => {
      peer.socket.on("data", () => {
        peer.socket.pause();
        peer.socket.end("HTTP/1.1 413 Too Big\r\nConnection: close\r\nContent-Length: 7\r\n\r\ntoo big", () =>
          peer.destroy(),
        );
      });
    };
    await withRawServer(serve, {}, async ({ connect, events }) => {
      const part = Buffer.alloc(64 * 1024);
      for (let i = 0; i < 30; i += 1) {
        const client = connect().send(get("shop", "/", `Content-Length: ${2 ** 30}\r\n`).replace("GET", "POST"));
        const write = () => {
          while (client.received === "" && client.socket.writable && client.socket.write(part));
        };
        client.socket.on("drain", write);
        write();
        expect(await client.until("too big")).toMatch(/^HTTP\/1\.1 413 /);
        client.destroy();
      }
      expect(events).toEqual([]);
    });
  });

  it("to requests that are pipelined, in their order", async () => {
    const gate = createGate();
    const listener: RequestListener = async (request, response) => {
      if (request.url === "/1") await gate.promise;
      response.end(`<${request.url}>`);
      if (request.url === "/3") gate.open();
    };
    await withHttpServer(
      () => listener,
      {},
      async ({ connect }) => {
        const text = await connect()
          .send(get("shop", "/1") + get("shop", "/2") + get("shop", "/3", CLOSE))
          .end();
        expect(text.match(/<.*?>/g)).toEqual(["</1>", "</2>", "</3>"]);
      },
    );
  });
});

describe("where one side is slow or gone", () => {
  it("the server is told at once that the client has left, in every state", async () => {
    const states: [string, (forwarded: Forwarded) => Client, string][] = [
      ["before the answer", ({ connect }) => connect().send(get("shop")), ""],
      [
        "in the request",
        ({ connect }) =>
          connect()
            .send(get("shop", "/", "Content-Length: 9\r\n"))
            .send("x"),
        "",
      ],
      ["in the answer", ({ connect }) => connect().send(get("shop")), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"],
      ["pipelined", ({ connect }) => connect().send(get("shop", "/1") + get("shop", "/2")), ""],
    ];
    const ways = states.flatMap((state) => [
      { state, leave: (client: Client) => client.destroy() },
      { state, leave: (client: Client) => void client.socket.resetAndDestroy() },
    ]);
    for (const {
      state: [_state, ask, answer],
      leave,
    } of ways) {
      await withRawServer(
        (peer) => void peer.send(answer),
        {},
        async (forwarded, server) => {
          const client = ask(forwarded);
          const peer = await server.peer(1);
          await peer.until("\r\n\r\n");
          if (answer !== "") await client.until("\r\n\r\nx");
          leave(client);
          for (const other of server.peers) await other.end();
          const none = { active: 0, connections: { open: 0, idle: 0, connecting: 0 } };
          await vi.waitFor(() => expect(forwarded.forwarder.inspect()).toEqual(none));
          expect(forwarded.events).toEqual([]);
        },
      );
    }
  });

  it("a truncated request never looks complete to the server", async () => {
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect().send(`${get("shop", "/", "Transfer-Encoding: chunked\r\n")}4\r\nbody\r\n`);
      const peer = await server.peer(1);
      await peer.until("body");
      client.destroy();
      await peer.end();
      expect(peer.received).toMatch(/\r\n\r\n4\r\nbody\r\n$/);
    });
  });

  it("memory is bounded in both directions: the fast side waits", async () => {
    const size = 64 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024, "x");
    await withRawServer(undefined, {}, async ({ connect }, server) => {
      const client = connect();
      client.socket.write(get("shop", "/", `Content-Length: ${size}\r\n`).replace("GET", "POST"));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      peer.socket.pause();
      const sent = await writeUntilBlocked(client, chunk, size);
      expect(sent).toBeLessThan(size / 2);
      client.destroy();
      await peer.socket.resume();
      await peer.end();

      const reader = connect().send(get("shop"));
      const second = await server.peer(2);
      await second.until("\r\n\r\n");
      second.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await reader.until("\r\n\r\n");
      reader.socket.pause();
      expect(await writeUntilBlocked(second, chunk, size)).toBeLessThan(size / 2);
    });
  });
});

/** Writes until the socket takes nothing more for a while, and returns how much it took. */
async function writeUntilBlocked(
  { socket }: { socket: Client["socket"] },
  chunk: Buffer,
  size: number,
): Promise<number> {
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (socket.write(chunk)) continue;
    const before = socket.bytesWritten - socket.writableLength;
    const drained = await Promise.race([
      once(socket, "drain").then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
    ]);
    if (!drained && socket.bytesWritten - socket.writableLength === before) return before;
  }
  return size;
}

function sortCoding(text: string): string {
  return text
    .replace(/"Transfer-Encoding","chunked",?|,"Transfer-Encoding","chunked"/gi, "")
    .replace(/content-length: \d+\r\n/i, "");
}
