import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import express from "express";
import { describe, expect, it, vi } from "vitest";
import { type AppFactory, commandApp, type RunningSwitchboard, remoteApp, threadApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { Fleet } from "../support/fleet.ts";
import { makeFolder } from "../support/folder.ts";
import { createGate } from "../support/gate.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const command = (...steps: string[]) => commandApp([process.execPath, fixture("command.mjs"), ...steps]);
const thread = () => threadApp(fixture("thread-app.mjs"));

const texts = async (board: RunningSwitchboard, hostname: string, ...paths: string[]) => {
  const seen: string[] = [];
  for (const path of paths) seen.push(await (await board.fetch(hostname, path)).text());
  return seen;
};

describe("an app outside this event loop", () => {
  it("answers through the switchboard and on its own port, whatever its kind", async () => {
    const app: AppFactory = ({ hostname }) =>
      ({ thread: thread(), command: command(), inline: express().get("/", (_, res) => void res.send("inline")) })[
        hostname
      ];
    const { log, report } = await withBoard({ app }, async (board) => {
      expect(await texts(board, "thread", "/")).toEqual(["hello from a thread"]);
      expect(await texts(board, "command", "/")).toEqual(["hello from a command"]);
      expect(await texts(board, "inline", "/")).toEqual(["inline"]);
      expect((await board.fetch("other")).status).toBe(404);
      for (const { hostname, kind, host, port } of board.pool.list()) {
        expect(kind).toBe(hostname);
        expect((await fetch(`http://${host}:${port}`)).status).toBe(200);
      }
    });
    expect(log.lines("started").sort()).toEqual(["started command", "started inline", "started thread"]);
    expect(report).toMatchObject({ serversStopped: 3, requestsCut: 0 });
  });

  it("is somebody else's server", async () => {
    await withBoard({ app: () => (_request, response) => void response.end("the other one") }, async (other) => {
      const { port } = await other.pool.getOrCreate("shop");
      const { log } = await withBoard({ app: () => remoteApp(`http://127.0.0.1:${port}`) }, async (board) => {
        expect(await texts(board, "shop", "/")).toEqual(["the other one"]);
        expect(board.pool.get("shop")).toMatchObject({ kind: "remote", port });
        await other.pool.shutdown("shop");
        const lost = await board.fetch("shop");
        expect(lost.status).toBe(502);
        expect(await lost.json()).toMatchObject({ code: "CONNECT_FAILED" });
      });
      expect(log.all).toContainEqual(expect.objectContaining({ type: "forward-error", phase: "connect" }));
    });
  });

  it.each([
    [[], "127.0.0.1", "http"],
    [["loopback"], "192.0.2.1, 127.0.0.1", "https"],
  ])("is told who the client is, with the trusted proxies %j", async (trustedProxies, forwardedFor, proto) => {
    const echo: AppFactory = () => (request, response) => void response.end(JSON.stringify(request.headers));
    await withBoard({ app: echo }, async (inner) => {
      const { port } = await inner.pool.getOrCreate("shop");
      await withBoard({ app: () => remoteApp(`http://127.0.0.1:${port}`), trustedProxies }, async (board) => {
        const headers = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" };
        const seen = await (await board.fetch("shop", "/", { headers })).json();
        expect(seen).toMatchObject({ "x-forwarded-for": forwardedFor, "x-forwarded-proto": proto });
        const fields = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
        // An upgrade to HTTP/2 is declined, and the request answered as any other.
        const client = new Client(board.port).send(
          get("shop", "/", `${fields}Connection: Upgrade\r\nUpgrade: h2c\r\n`),
        );
        const answer = await client.end();
        expect(answer).toContain(`"x-forwarded-for":"${forwardedFor}"`);
        expect(answer).toContain(`"x-forwarded-proto":"${proto}"`);
        client.destroy();
      });
    });
  });

  it("is unhealthy while nobody listens where it is, and asked all the same", async () => {
    const server = createServer((_request, response) => void response.end("back"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const { log } = await withBoard({ app: () => remoteApp(`http://127.0.0.1:${port}`) }, async (board) => {
      const health = () => board.pool.inspect().servers.map((row) => [row.health, row.replicas[0]?.health]);
      expect((await board.fetch("shop")).status).toBe(502);
      expect(health()).toEqual([["unhealthy", "unhealthy"]]);
      expect((await board.fetch("shop")).status).toBe(502);
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      expect(await texts(board, "shop", "/")).toEqual(["back"]);
      expect(health()).toEqual([["healthy", "healthy"]]);
      server.close();
      server.closeAllConnections();
    });
    // Of the hostname, and not once more of its only replica.
    const told = log.all.flatMap((event) => (event.type === "health" ? [[event.replica, event.reason]] : []));
    expect(told).toEqual([
      [undefined, "it cannot be connected to"],
      [undefined, "it can be connected to again"],
    ]);
  });

  it("is asked for WebSockets, too", async () => {
    const app: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        socket.pipe(socket);
      });
      return (_request, response) => void response.end("none");
    };
    await withBoard({ app }, async (inner) => {
      const { port } = await inner.pool.getOrCreate("echo");
      await withBoard({ app: () => remoteApp(`http://127.0.0.1:${port}`) }, async (board) => {
        const client = new Client(board.port).send(get("echo", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
        await client.until("\r\n\r\n");
        expect(board.pool.inspect().sockets.active).toBe(1);
        expect(await client.send("hello").until("hello")).toMatch(/^HTTP\/1.1 101 .*hello$/s);
        client.destroy();
        await vi.waitFor(() => expect(board.pool.inspect().sockets.active).toBe(0));
      });
    });
  });

  it.each([
    ["thread", thread, "/throw", /thrown from a timer/],
    ["command", () => command(), "/exit", /exited with code 3/],
  ] as const)("that crashes, as a %s, ends alone, and is started again", async (_kind, make, path, why) => {
    const app: AppFactory = ({ hostname }) =>
      hostname === "bad" ? make() : (_request, response) => void response.end("good");
    const restart = { backoff: { initialMs: 1, maxMs: 1 } };
    const { log } = await withBoard({ app, restart }, async (board, log) => {
      await board.fetch("bad");
      await board.fetch("good");
      const crash = board.fetch("bad", path);
      await log.next("stopped", "bad");
      const answer = await crash;
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({ code: "NO_ANSWER" });
      expect(await texts(board, "good", "/")).toEqual(["good"]);
      await vi.waitFor(async () => expect((await board.fetch("bad")).status).toBe(200), 10_000);
    });
    expect(log.all).toContainEqual(
      expect.objectContaining({ type: "error", hostname: "bad", message: expect.stringMatching(why) }),
    );
    expect(log.lines("started").filter((line) => line.endsWith("bad"))).toHaveLength(2);
  });

  it("that never stops by itself, as a command, is gone after one grace period: the next one of its name can start", async () => {
    // It would take two of them, and the next one waits for one of them and the start budget.
    const config = { graceMs: 2_500, startTimeoutMs: 2_000 };
    let started = 0;
    const app: AppFactory = () => {
      started += 1;
      if (started === 1) return command("ignore-sigterm");
      return (_request, response) => void response.end("the next one");
    };
    const { log } = await withBoard({ app, ...config }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/never"));
      await client.until("102");
      void board.pool.shutdown("shop");
      expect(await texts(board, "shop", "/")).toEqual(["the next one"]);
      client.destroy();
    });
    expect(log.lines("cut", "started")).toEqual(["started shop", "cut shop", "started shop"]);
  });

  it("that cannot start tells a client on this machine why, with its last output, and others that alone", async () => {
    const app: AppFactory = () => commandApp("echo first; echo second; exit 7");
    const restart = { backoff: { initialMs: 30_000 } }; // with jitter, from 0: a short one might be over
    const { log } = await withBoard({ app, restart }, async (board) => {
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(503);
      const detail =
        '"shop" could not start: its command exited with code 7 before it was ready (echo first; echo second; exit 7)';
      expect(await refused.json()).toMatchObject({ code: "START_FAILED", detail, output: ["first", "second"] });
      const again = await (await board.fetch("shop")).json();
      expect(again).toMatchObject({ code: "BACKING_OFF", output: ["first", "second"] });
      const page = await (await board.fetch("shop", "/", { headers: { accept: "text/html" } })).text();
      expect(page).toContain("<pre>first\nsecond</pre>");
      const proxied = await board.fetch("shop", "/", { headers: { "x-forwarded-for": "192.0.2.1" } });
      const told = await proxied.json();
      expect(told).not.toHaveProperty("output");
      expect(told).toMatchObject({
        detail: expect.stringMatching(/^"shop" failed; the next start is possible in \d+ ms$/),
      });
    });
    const [error] = log.all.filter(({ type }) => type === "error");
    expect(error).toMatchObject({
      message: expect.stringMatching(/exited with code 7.*\nIts last output:\n {2}first\n {2}second$/s),
    });
  });

  it("that is never ready has its start budget, of the pool or of the kind, and its output is told", async () => {
    const app: AppFactory = () => commandApp("echo waiting; sleep 60");
    await withBoard({ app, startTimeoutMs: 300 }, async (board) => {
      const late = await board.fetch("shop");
      expect(late.status).toBe(504);
      expect(await late.json()).toMatchObject({
        code: "START_TIMEOUT",
        detail: expect.stringMatching(
          /^"shop" could not start: nothing accepts connections on port \d+, which PORT says; it was not ready within 300 ms/,
        ),
        output: ["waiting"],
      });
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      await withBoard({ app: () => commandApp("sleep 600"), graceMs: 0 }, async (board) => {
        const start = board.pool.getOrCreate("shop");
        let ended = false;
        start.catch(() => {
          ended = true;
        });
        await vi.advanceTimersByTimeAsync(59_000);
        expect(ended).toBe(false);
        await vi.advanceTimersByTimeAsync(1_100);
        expect(ended).toBe(true);
        vi.useRealTimers();
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it.runIf(process.platform === "linux")("that listens on another port than it was told is found out", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      await withBoard({ app: () => command("on-another-port"), graceMs: 0 }, async (board, log) => {
        const listening = createGate();
        board.pool.listenLog("shop", ({ text }) => text.startsWith("serving on") && listening.open());
        const start = board.pool.getOrCreate("shop").catch(({ message }) => message);
        await listening.promise;
        const [, other] = /serving on (\d+)/.exec(board.pool.log("shop")[0]?.text ?? "") ?? [];
        await vi.advanceTimersByTimeAsync(5_000);
        const [slow] = log.all.filter(({ type }) => type === "slow-start");
        const reason = `it listens on port ${other}, but not yet on process.env.PORT (`;
        expect(slow).toMatchObject({ hostname: "shop", afterMs: 5_000, reason: expect.stringContaining(reason) });
        expect(board.pool.inspect().servers[0]?.waitsFor).toContain(reason);
        await vi.advanceTimersByTimeAsync(55_100);
        expect(await start).toContain(`"shop" could not start: ${reason}`);
        expect(log.lines("slow-start")).toHaveLength(1); // each reason once
        vi.useRealTimers();
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it("that is a command may clean up, also when its requests have used up the grace period", async () => {
    await using folder = await makeFolder();
    const cleaned = folder.at("cleaned");
    const program = `
      const server = require("node:http").createServer((_, response) => response.write("begun"));
      server.listen(process.env.PORT, process.env.HOST);
      const cleanUp = () => { require("node:fs").writeFileSync(${JSON.stringify(cleaned)}, ""); process.exit(); };
      process.on("SIGTERM", () => setTimeout(cleanUp, 50));`;
    const { report } = await withBoard(
      { app: () => commandApp([process.execPath, "-e", program]), graceMs: 50 },
      async (board) => {
        const held = await board.fetch("shop");
        held.text().catch(() => {}); // it is cut
      },
    );
    expect(report).toMatchObject({ requestsCut: 1 });
    expect(existsSync(cleaned)).toBe(true);
  });

  it("is reached where it listens, though that is ::1 alone", async () => {
    const ipv6 = createServer((_request, response) => response.end("on ::1")).listen(0, "::1");
    await once(ipv6, "listening");
    const origin = `http://[::1]:${(ipv6.address() as AddressInfo).port}`;
    const app: AppFactory = ({ hostname }) => (hostname === "remote" ? remoteApp(origin) : command("on-ipv6"));
    await withBoard({ app }, async (board) => {
      expect(await texts(board, "command", "/")).toEqual(["hello from a command"]);
      expect(board.pool.get("command")?.host).toBe("::1");
      expect(await texts(board, "remote", "/")).toEqual(["on ::1"]);
    });
    ipv6.close();
  });

  it("is never reached by the port that a client names", async () => {
    const other = createServer((_request, response) => response.end("not yours")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await withBoard({ app: thread }, async (board) => {
      for (const target of ["/", `http://shop.localhost:${port}/`]) {
        const client = new Client(board.port).send(
          `GET ${target} HTTP/1.1\r\nHost: shop.localhost:${port}\r\nConnection: close\r\n\r\n`,
        );
        expect(await client.end()).toContain("hello from a thread");
        client.destroy();
      }
    });
    other.close();
  });

  it("has a port of its own when many start at once, of those from basePort upwards", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port: taken } = probe.address() as AddressInfo;
    const basePort = Math.min(taken, 65_000);
    await withBoard({ app: () => command(), basePort, maxStarts: 4 }, async (board) => {
      const names = ["a", "b", "c", "d"];
      const seen = await Promise.all(names.map((name) => texts(board, name, "/")));
      expect(seen.flat()).toEqual(names.map(() => "hello from a command"));
      const ports = board.pool.list().map(({ port }) => port);
      expect(new Set(ports).size).toBe(4);
      expect(Math.min(...ports)).toBeGreaterThanOrEqual(basePort);
      expect(ports).not.toContain(taken);
    });
    probe.close();
  });

  it("has what it printed last", async () => {
    await withBoard({ app: ({ hostname }) => (hostname === "inline" ? express() : command()) }, async (board) => {
      await board.fetch("shop", "/cart");
      await vi.waitFor(() => expect(board.pool.log("shop").at(-1)?.text).toMatch(/GET \/cart 200$/));
      await board.fetch("inline");
      expect(board.pool.log("inline")).toEqual([]);
      expect(board.pool.log("nobody")).toEqual([]);
    });
  });

  it("has what it printed before it failed, until that is forgotten", async () => {
    await using folder = await makeFolder({
      "shop.mjs": 'for (let n = 1; n <= 30; n += 1) console.error("line " + n);\nthrow new Error("no database");\n',
    });
    await withBoard({ app: () => threadApp(folder.at("shop.mjs")) }, async (board) => {
      await board.fetch("shop");
      const texts = board.pool.log("shop").map(({ text }) => text);
      expect(texts).toHaveLength(20);
      expect(texts[19]).toBe("line 30");
      expect(board.pool.log("shop").at(-1)).toMatchObject({ seq: 30, stream: "stderr", complete: true });
      await board.pool.shutdown("shop");
      expect(board.pool.log("shop")).toEqual([]);
    });
  });

  it("drains what was forwarded to it", async () => {
    const { report } = await withBoard({ app: thread }, async (board) => {
      await board.fetch("shop");
      const client = new Client(board.port).send(get("shop", "/slow"));
      await client.until("102");
      await Promise.all([board.close(), client.until("slow but done")]);
      expect(client.received).toContain("slow but done");
      client.destroy();
    });
    expect(report).toMatchObject({ requestsFinished: 1, requestsCut: 0 });
  });

  it("is not idle while it streams or has a WebSocket, but while its health is checked and connections are kept", async () => {
    const streams: ServerResponse[] = [];
    const fleet = new Fleet({ answer: (_member, _request, response) => void streams.push(response) });
    const config = { app: () => fleet.app, health: { path: "/healthz", intervalMs: 20 }, idleTimeoutMs: 60 };
    const checks = () => fleet.members[0]?.checks ?? 0;
    /** Its checks are the clock: so many take longer than it may be idle. */
    const timePasses = async () => {
      const before = checks();
      await vi.waitFor(() => expect(checks()).toBeGreaterThan(before + 10), 10_000);
    };
    await withBoard(config, async (board, log) => {
      const stream = new Client(board.port).send(get("shop"));
      await vi.waitFor(() => expect(streams).toHaveLength(1));
      streams[0]?.write("begun");
      await stream.until("begun");
      await timePasses();
      const socket = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await socket.until("[1]");
      streams[0]?.end("ended");
      await stream.until("ended");
      await timePasses();
      expect(log.lines("stopping")).toEqual([]);
      socket.destroy();
      const asleep = log.next("stopping", "shop", { timeoutMs: 10_000 });
      while (log.lines("stopping").length === 0) await board.fetch("shop", "/__switchboard/health");
      expect(await asleep).toMatchObject({ reason: "idle" });
      expect(stream.ended).toBe(false);
      stream.destroy();
    });
  });

  it("is stopped for being idle, and starts again", async () => {
    await withBoard({ app: thread, idleTimeoutMs: 50 }, async (board, log) => {
      await board.fetch("shop");
      await log.next("stopped", "shop");
      expect(await texts(board, "shop", "/")).toEqual(["hello from a thread"]);
    });
  });

  it.each<[string, () => unknown, string]>([
    [
      "a module that is no file",
      () => threadApp("http://example.test/app.js"),
      "module must be the path or the file: URL of a file",
    ],
    ["an empty command", () => commandApp(""), "command must be text that is not empty"],
    [
      "an unknown option",
      () => commandApp("x", { dir: "." } as never),
      "commandApp has no option 'dir'; it knows cwd, env, ready",
    ],
    ["a path in a URL", () => remoteApp("http://127.0.0.1:80/app"), "target.origin must be a URL"],
    ["another scheme", () => remoteApp("ftp://127.0.0.1"), "target.origin must be a URL"],
  ])("is refused at once with %s", (_what, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(message) }),
    );
  });
});
