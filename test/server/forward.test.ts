import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sleep, suspend, until } from "effection";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useForwarder } from "../../src/server/forward/forward.ts";
import type { ForwarderConfig } from "../../src/server/forward/forward-config.ts";
import { Client, get, type Peer } from "../support/client.ts";
import { withForwarder, withRawServer } from "../support/forwarded.ts";
import { createGate } from "../support/gate.ts";
import { answerEach } from "../support/raw-server.ts";

const CLOSE = "Connection: close\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** The fields of the request that a server got, by name in lower case, in order. */
async function fieldsFor(bytes: string, options: Partial<ForwarderConfig> = {}): Promise<Map<string, string[]>> {
  const fields = new Map<string, string[]>();
  await withRawServer(answerEach(OK), options, async ({ connect }, server) => {
    await connect().send(bytes).until("ok");
    for (const line of (server.peers[0] as Peer).received.split("\r\n").slice(1, -2)) {
      const [name = "", value = ""] = line.split(/: ?(.*)/, 2);
      fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value]);
    }
  });
  return fields;
}

const LIES =
  "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 9\r\n" +
  "X-Forwarded-Prefix: /evil\r\nx-forwarded-for: 7.7.7.7\r\nForwarded: for=6.6.6.6\r\n";

describe("a forwarded request says who asks", () => {
  it("in our own words only, when the peer is not trusted", async () => {
    const fields = await fieldsFor(get("shop", "/", LIES).replace("shop.localhost", "shop.localhost:81"));
    expect(Object.fromEntries([...fields].filter(([name]) => name.startsWith("x-f") || name === "forwarded"))).toEqual({
      "x-forwarded-for": ["127.0.0.1"],
      "x-forwarded-proto": ["http"],
      "x-forwarded-host": ["shop.localhost:81"],
      "x-forwarded-port": ["81"],
      forwarded: ['for=127.0.0.1;host="shop.localhost:81";proto=http'],
    });
  });

  it("in the words of a trusted peer, continued", async () => {
    const fields = await fieldsFor(get("shop", "/", LIES), { trustedProxies: ["loopback"] });
    expect(fields.get("x-forwarded-for")).toEqual(["6.6.6.6, 7.7.7.7, 127.0.0.1"]);
    expect(fields.get("x-forwarded-proto")).toEqual(["https"]);
    expect(fields.get("x-forwarded-host")).toEqual(["evil.example"]);
    expect(fields.get("x-forwarded-port")).toEqual(["9"]);
    expect(fields.get("x-forwarded-prefix")).toEqual(["/evil"]);
    expect(fields.get("forwarded")).toEqual(["for=6.6.6.6, for=127.0.0.1;host=evil.example;proto=https"]);
  });

  it("in Forwarded, too, when a trusted peer knows only the older fields", async () => {
    const bytes = get("shop", "/", "X-Forwarded-For: 6.6.6.6, ::1, [::2]:80\r\n");
    expect((await fieldsFor(bytes, { trustedProxies: ["loopback"] })).get("forwarded")).toEqual([
      'for=6.6.6.6, for="[::1]", for="[::2]:80", for=127.0.0.1;host=shop.localhost;proto=http',
    ]);
  });

  it("with its X-Request-Id, or a new one when that is not sane", async () => {
    const id = async (value: string) => (await fieldsFor(get("shop", "/", value))).get("x-request-id");
    expect(await id("X-Request-Id: a1-B2.c:3\r\n")).toEqual(["a1-B2.c:3"]);
    const minted = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
    const insane = ["a b", "<script>", "x".repeat(129), "", "a\r\nX-Request-Id: b"].map(
      (v) => `X-Request-Id: ${v}\r\n`,
    );
    for (const value of ["", ...insane]) {
      const ids = await id(value);
      expect(ids).toHaveLength(1);
      expect(ids?.[0]).toMatch(minted);
    }
  });
});

describe("Via", () => {
  it("gains an entry of this process, after those of others", async () => {
    const fields = await fieldsFor(get("shop", "/", "Via: 1.0 a, 1.1 b\r\n"));
    expect(fields.get("via")).toEqual(["1.0 a, 1.1 b", expect.stringMatching(/^1\.1 shop\.switchboard-[0-9a-f]{8}$/)]);
    const old = await fieldsFor("GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n", { via: "edge" });
    expect(old.get("via")).toEqual(["1.0 shop.edge"]);
  });

  it("stops a request that goes in circles with 508, also one that asks for an upgrade", async () => {
    for (const more of ["", "Connection: Upgrade\r\nUpgrade: chat\r\n"]) {
      const gate = createGate<number>();
      // A server that sends what it gets back to the switchboard.
      const serve = async (peer: Peer) => {
        const port = await gate.promise;
        await peer.until("\r\n\r\n");
        const client = new Client(port);
        peer.send(await client.send(peer.received).until("FORWARDING_LOOP"));
        client.destroy();
      };
      await withRawServer(
        (peer) => void serve(peer),
        {},
        async ({ port, connect }, server) => {
          gate.open(port);
          const text = await connect()
            .send(get("shop", "/", more))
            .until("FORWARDING_LOOP");
          expect(text).toMatch(/^HTTP\/1\.1 508 Loop Detected\r\n/);
          expect(server.peers).toHaveLength(1);
        },
      );
    }
  });

  it("lets another switchboard forward it on, up to 20 proxies", async () => {
    await withRawServer(answerEach(OK), {}, async ({ connect }) => {
      const via = (n: number) => `Via: ${Array.from({ length: n }, (_, i) => `1.1 shop.other-${i}`).join(", ")}\r\n`;
      expect(
        await connect()
          .send(get("shop", "/", CLOSE + via(20)))
          .end(),
      ).toMatch(/^HTTP\/1\.1 200 /);
      expect(
        await connect()
          .send(get("shop", "/", CLOSE + via(21)))
          .end(),
      ).toMatch(/^HTTP\/1\.1 508 /);
    });
    await withRawServer(answerEach(OK), { via: "inner" }, async (inner) => {
      await withForwarder(inner.port, { via: "outer" }, async ({ connect }) => {
        expect(
          await connect()
            .send(get("shop", "/", CLOSE))
            .end(),
        ).toMatch(/^HTTP\/1\.1 200 /);
      });
    });
  });
});

describe("connections to a server", () => {
  it("are kept for the next request", async () => {
    await withRawServer(answerEach(OK), {}, async ({ connect, forwarder }, server) => {
      for (let i = 0; i < 5; i += 1)
        await connect()
          .send(get("shop", "/", CLOSE))
          .end();
      expect(server.peers).toHaveLength(1);
      expect(forwarder.inspect()).toEqual({ active: 0, connections: { open: 1, idle: 1, connecting: 0 } });
    });
  });

  it.each([
    ["it says close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    ["it speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"],
    ["it keeps them for less than a moment", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok"],
  ])("are not kept where %s", async (_what, answer) => {
    await withRawServer(answerEach(answer), {}, async ({ connect }, server) => {
      for (const nth of [1, 2]) {
        expect(
          await connect()
            .send(get("shop", "/", CLOSE))
            .end(),
        ).toMatch(/\r\n\r\nok$/);
        await (await server.peer(nth)).end();
      }
    });
  });

  it("close before the server would close them", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const answer = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=10\r\nContent-Length: 2\r\n\r\nok";
    await withRawServer(answerEach(answer), {}, async ({ connect, forwarder }, server) => {
      await connect()
        .send(get("shop", "/", CLOSE))
        .end();
      vi.advanceTimersByTime(8_900);
      expect(forwarder.inspect().connections.idle).toBe(1);
      vi.advanceTimersByTime(1_200);
      expect(forwarder.inspect().connections.idle).toBe(0);
      await (server.peers[0] as Peer).end();
    });
  });

  it("carry a request that must not be sent twice only while they are fresh", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const answer = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=10\r\nContent-Length: 2\r\n\r\nok";
    await withRawServer(answerEach(answer), {}, async ({ connect }, server) => {
      const post = get("shop", "/", CLOSE).replace("GET", "POST");
      await connect().send(post).end();
      await connect().send(post).end();
      expect(server.peers).toHaveLength(1);
      vi.advanceTimersByTime(1_100);
      await connect()
        .send(get("shop", "/", CLOSE))
        .end();
      expect(server.peers).toHaveLength(1);
      vi.advanceTimersByTime(1_100);
      await connect().send(post).end();
      expect(server.peers).toHaveLength(2);
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });
});

describe("useForwarder", () => {
  it("cuts what is on its way when it ends, and leaves nothing", async () => {
    await withRawServer(undefined, {}, async ({ connect, stop, events }, server) => {
      const waiting = connect().send(get("shop"));
      const peer = await server.peer(1);
      await peer.until("\r\n\r\n");
      await stop();
      await waiting.end();
      await peer.end();
      expect(events).toEqual([]);
    });
  });

  it("answers 503 when it has ended", async () => {
    const task = run(function* () {
      return yield* useForwarder({ target: { host: "127.0.0.1", port: 1 }, hostname: "shop" });
    });
    const forwarder = await task;
    const { createServer: createHttpServer } = await import("node:http");
    const server = createHttpServer(forwarder.request).on("upgrade", forwarder.upgrade).listen(0, "127.0.0.1");
    await once(server, "listening");
    for (const more of ["", "Connection: Upgrade\r\nUpgrade: chat\r\n"]) {
      const client = new Client((server.address() as AddressInfo).port);
      expect(await client.send(get("shop", "/", more)).until("SHUTTING_DOWN")).toMatch(/^HTTP\/1\.1 503 /);
      client.destroy();
    }
    server.close();
  });

  it("forwards over TLS, to a server that it can verify", async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchboard-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    const tls = { key: readFileSync(key), cert: readFileSync(cert) };
    rmSync(folder, { recursive: true });
    const server = createServer(tls, (request, response) => response.end(`secure ${request.url}`)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    try {
      await withForwarder(1, { target: { origin, tls: { ca: tls.cert } } }, async ({ connect }) => {
        expect(
          await connect()
            .send(get("shop", "/a", CLOSE))
            .end(),
        ).toMatch(/\r\n\r\nsecure \/a$/);
      });
      await withForwarder(1, { target: { origin } }, async ({ connect, events }) => {
        expect(
          await connect()
            .send(get("shop", "/a", CLOSE))
            .end(),
        ).toMatch(/^HTTP\/1\.1 502 /);
        expect(events).toMatchObject([{ phase: "connect", error: { code: "CONNECT_FAILED" } }]);
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("leaves nothing when it is halted", async () => {
    const task = run(function* () {
      yield* useForwarder({ target: { origin: "http://127.0.0.1:1" }, hostname: "shop" });
      yield* suspend();
    });
    await run(() => sleep(0));
    await run(() => until(task.halt()));
  });

  const target = { host: "127.0.0.1", port: 1 };
  it.each<[string, object]>([
    ["target", {}],
    ["target.port", { target: { host: "127.0.0.1", port: 0 } }],
    ["target.host", { target: { host: "", port: 1 } }],
    ["target.origin", { target: { origin: "ftp://example.test" } }],
    ["target.origin", { target: { origin: "http://user@example.test" } }],
    ["target.origin", { target: { origin: "http://example.test/path" } }],
    ["target.origin", { target: { origin: "http://example.test?query" } }],
    ["connectTimeoutMs", { target, connectTimeoutMs: 0 }],
    ["responseTimeoutMs", { target, responseTimeoutMs: Number.NaN }],
    ["idleTimeoutMs", { target, idleTimeoutMs: -1 }],
    ["trustedProxies[0]", { target, trustedProxies: ["nobody"] }],
    ["via", { target, via: "a b" }],
    ["failed", { target, failed: 1 }],
    ["useForwarder has no option", { target, faild: 1 }],
  ])("refuses a wrong %s", (option, config) => {
    expect(() => useForwarder({ hostname: "shop", ...config } as ForwarderConfig)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(option) }),
    );
  });
});
