import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { unwatchFile, watch, watchFile } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { run, sleep as sleepOperation, spawn as spawnTask } from "effection";
import { createSwitchboard, useServerPool } from "effection-switchboard";
import { expectNoLeaks, openWebSocket } from "effection-switchboard/testing";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { leftBy } from "../../support/left-by.ts";

const LATER = 60_000;
const noop = () => {};

/** What each test has to put away, whatever happens. */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const here = /created at test\/testing\/leaks\/expect-no-leaks\.test\.ts:\d+:\d+$/m;

describe("expectNoLeaks names", () => {
  it("a TCP server", async () => {
    let port = 0;
    const message = await leftBy(async () => {
      const server = createHttpServer().listen(0, "127.0.0.1");
      cleanups.push(() => server.close());
      await once(server, "listening");
      port = (server.address() as AddressInfo).port;
    });
    expect(message).toContain(`this was left behind:\n  TCP server on 127.0.0.1:${port}, created at`);
    expect(message).toMatch(here);
  });

  it("a pipe server", async () => {
    const path = join(tmpdir(), `switchboard-${process.pid}.sock`);
    const message = await leftBy(async () => {
      const server = createServer().listen(path);
      cleanups.push(() => server.close());
      await once(server, "listening");
    });
    expect(message).toContain(`pipe server on ${path}, created at`);
    expect(message).toMatch(here);
  });

  it("both ends of a TCP connection", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const message = await leftBy(async () => {
      const socket = connect(port, "127.0.0.1");
      cleanups.push(
        () => socket.destroy(),
        () => server.close(),
      );
      await once(socket, "connect");
    });
    expect(message).toMatch(new RegExp(`TCP socket from 127.0.0.1:\\d+ to 127.0.0.1:${port}, created at`));
    expect(message).toMatch(here);
    const accepted = await leftBy(async () => {
      const own = createServer().listen(0, "127.0.0.1");
      cleanups.push(() => own.close());
      await once(own, "listening");
      const socket = connect((own.address() as AddressInfo).port, "127.0.0.1");
      cleanups.push(() => socket.destroy());
      await once(own, "connection");
    });
    expect(accepted).toMatch(/TCP socket from .*, accepted by a server/);
  });

  it("a UDP socket", async () => {
    const message = await leftBy(async () => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      cleanups.push(() => socket.close());
      await once(socket, "listening");
    });
    expect(message).toMatch(/UDP socket on 127\.0\.0\.1:\d+, created at/);
    expect(message).toMatch(here);
  });

  it.each([
    ["a timeout", "Timeout of 60000 ms", () => setTimeout(noop, LATER)],
    ["one that holds no process", "Timeout of 60000 ms", () => setTimeout(noop, LATER).unref()],
    ["an interval", "Interval of 60000 ms", () => setInterval(noop, LATER)],
  ])("%s", async (_what, text, start) => {
    const message = await leftBy(() => {
      const timer = start();
      cleanups.push(() => clearTimeout(timer));
    });
    expect(message).toContain(`${text}, created at`);
    expect(message).toMatch(here);
  });

  it.each([
    ["timers/promises", (signal: AbortSignal) => sleep(LATER, undefined, { signal })],
    ["promisify", (signal: AbortSignal) => promisify(setTimeout)(LATER, undefined, { signal })],
  ])("a timeout of %s", async (_what, start) => {
    const controller = new AbortController();
    cleanups.push(() => controller.abort());
    const message = await leftBy(() => void start(controller.signal).catch(noop));
    expect(message).toContain("Timeout of 60000 ms, created at");
    expect(message).toMatch(here);
  });

  it("an immediate that never ends", async () => {
    let over = false;
    const again = () => void (over || setImmediate(again));
    cleanups.push(() => {
      over = true;
    });
    const message = await leftBy(again);
    expect(message).toContain("Immediate, created at");
    expect(message).toMatch(here);
  });

  it("a child process, without the pipes to it", async () => {
    let pid: number | undefined;
    const message = await leftBy(async () => {
      const child = spawn("sleep", ["60"]);
      cleanups.push(
        () => child.kill(),
        () => once(child, "close"),
      );
      await once(child, "spawn");
      pid = child.pid;
    });
    expect(message.split("\n")).toHaveLength(2);
    expect(message).toContain(`child process ${pid} (sleep 60), created at`);
    expect(message).toMatch(here);
  });

  it("a worker thread", async () => {
    let id = 0;
    const message = await leftBy(async () => {
      const worker = new Worker("setInterval(() => {}, 60_000)", { eval: true });
      cleanups.push(() => worker.terminate());
      await once(worker, "online");
      id = worker.threadId;
    });
    expect(message).toContain(`worker thread ${id}, created at`);
    expect(message).toMatch(here);
  });

  it("file watchers of both kinds", async () => {
    const file = import.meta.filename;
    const message = await leftBy(() => {
      const watcher = watch(import.meta.dirname);
      watchFile(file, noop);
      cleanups.push(
        () => watcher.close(),
        () => unwatchFile(file),
      );
    });
    expect(message).toMatch(/file watcher, created at .*test\.ts/);
    expect(message).toMatch(/polling file watcher, created at .*test\.ts/);
  });

  it("listeners on process, on its streams, and on emitters that it is given", async () => {
    const store = new EventEmitter();
    const message = await leftBy(
      () => {
        process.on("SIGUSR2", noop);
        process.stdout.once("drain", noop);
        store.on("change", noop).on("change", noop);
        store.off("change", noop);
        cleanups.push(
          () => process.off("SIGUSR2", noop),
          () => process.stdout.off("drain", noop),
        );
      },
      { emitters: { store } },
    );
    const lines = message.split("\n").slice(1);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ {2}listener for "SIGUSR2" on process, created at .*test\.ts/);
    expect(lines[1]).toContain('listener for "drain" on process.stdout, created at');
    expect(lines[2]).toContain('listener for "change" on store, created at');
  });

  it("what a package made for a test, by the line of the test", async () => {
    const message = await leftBy(async () => {
      const board = await createSwitchboard({ basePort: 0 });
      cleanups.push(() => board.close());
    });
    expect(message).toMatch(/TCP server on 127\.0\.0\.1:\d+, created at/);
  });
});

describe("expectNoLeaks", () => {
  it("passes when everything is put away, and gives what the body gave", async () => {
    const store = new EventEmitter();
    const result = await expectNoLeaks(
      async () => {
        const server = createHttpServer((_request, response) => void response.end("hello")).listen(0, "127.0.0.1");
        await once(server, "listening");
        const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        const text = await answer.text();
        const child = spawn("true");
        const worker = new Worker("", { eval: true });
        await Promise.all([once(child, "close"), once(worker, "exit")]);
        const udp = createSocket("udp4").bind(0);
        await once(udp, "listening");
        udp.close();
        watch(import.meta.dirname).close();
        store.on("change", noop).off("change", noop);
        clearTimeout(setTimeout(noop, LATER));
        server.close();
        server.closeAllConnections();
        return text;
      },
      { emitters: { store } },
    );
    expect(result).toBe("hello");
  });

  it("passes for a switchboard with requests and WebSockets, once it is closed", async () => {
    await expectNoLeaks(async () => {
      await using board = await createSwitchboard({
        basePort: 0,
        app({ server }) {
          const echo = new WebSocketServer({ server });
          echo.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
          return (_request, response) => void response.end("hello");
        },
      });
      await (await board.fetch("shop")).text();
      const socket = await openWebSocket(board, "shop");
      socket.send("hello");
      expect(new TextDecoder().decode((await socket.next()) as Uint8Array)).toBe("hello");
      await socket.close();
    });
  });

  it("passes for an operation that halts what it started", async () => {
    await expectNoLeaks(() =>
      run(function* () {
        const pool = yield* useServerPool({ basePort: 0 });
        yield* pool.getOrCreate("shop");
        yield* spawnTask(() => sleepOperation(LATER));
        yield* sleepOperation(1);
      }),
    );
  });

  it("does not blame a test for what another one makes meanwhile", async () => {
    let leave!: () => void;
    const stays = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const quiet = expectNoLeaks(() => stays, { settleMs: 100 });
    const busy = leftBy(() => {
      const timer = setTimeout(noop, LATER);
      process.on("SIGUSR2", noop);
      cleanups.push(
        () => clearTimeout(timer),
        () => process.off("SIGUSR2", noop),
      );
    });
    const outside = setTimeout(noop, LATER);
    leave();
    await quiet;
    clearTimeout(outside);
    expect((await busy).split("\n")).toHaveLength(3);
  });

  it("waits for what is about to end", async () => {
    await expectNoLeaks(() => void setTimeout(noop, 30));
  });

  it("rejects with the error of the body", async () => {
    await expect(expectNoLeaks(() => Promise.reject(new Error("broke")))).rejects.toThrow("broke");
  });

  it("leaves no listener of its own", async () => {
    const before = process.eventNames().map((event) => process.listenerCount(event));
    await expectNoLeaks(noop);
    await leftBy(() => cleanups.push(clearTimeout.bind(undefined, setTimeout(noop, LATER))));
    expect(process.eventNames().map((event) => process.listenerCount(event))).toEqual(before);
  });
});
