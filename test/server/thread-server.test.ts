import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Operation, race, run, scoped, until } from "effection";
import { expectNoLeaks } from "effection-switchboard/testing";
import { describe, expect, it } from "vitest";
import { LogRing } from "../../src/server/log-ring.ts";
import type { OutsideServer } from "../../src/server/outside-server.ts";
import type { ThreadServerConfig } from "../../src/server/thread/thread-config.ts";
import { useThreadServer } from "../../src/server/thread/thread-server.ts";
import { Client } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { Program } from "../support/program.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const APP = join(FIXTURES, "thread-app.mjs");

/** Runs a test body with a thread that listens. Nothing may be left: by it, and by `after`, which runs when it has stopped. */
function withThread(
  config: Partial<ThreadServerConfig>,
  body: (server: OutsideServer) => Operation<void>,
  after: () => Promise<void> = async () => {},
): Promise<OutsideServer> {
  return expectNoLeaks(async () => {
    const server = await run(() =>
      scoped(function* () {
        const server = yield* useThreadServer({ hostname: "shop", module: APP, ...config });
        yield* body(server);
        return server;
      }),
    );
    await after();
    return server;
  });
}

/** Starts a thread that fails, and returns the error. */
async function failure(module: string, hostname = "shop"): Promise<Error> {
  const error: unknown = await expectNoLeaks(() =>
    run(() => useThreadServer({ hostname, module: join(FIXTURES, module) })).then(
      () => undefined,
      (reason) => reason,
    ),
  );
  if (!(error instanceof Error)) throw new Error("it started");
  expect(error).toMatchObject({ name: "SwitchboardError", hostname });
  return error;
}

function* get({ address: { host, port } }: OutsideServer, path = "/"): Operation<string> {
  const url = `http://${host}:${port}${path}`;
  return yield* until(fetch(url, { headers: { connection: "close" } }).then((response) => response.text()));
}

/** Asks for a path that gets no answer, and returns the error of the crash that follows. */
function* crash(server: OutsideServer, path: string): Operation<Error> {
  const client = new Client(server.address.port).send(`GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`);
  const error = yield* until(server.ended.catch((reason) => reason));
  client.destroy();
  return error;
}

/** Asks for a path whose handler sends a sign when it runs, and returns the client. */
function* begin({ address }: OutsideServer, path: string): Operation<Client> {
  const client = new Client(address.port).send(`GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`);
  yield* until(client.until("102 Processing"));
  return client;
}

function texts(log: LogRing, stream: string): string[] {
  return log.lines().flatMap((line) => (line.stream === stream ? line.text : []));
}

describe.concurrent("useThreadServer", () => {
  it("runs an app that runs elsewhere itself, and tells where that is", async () => {
    const elsewhere = createServer((_request, response) => void response.end("hello from elsewhere"));
    const port = await new Promise<number>((resolve) => {
      elsewhere.listen(0, "127.0.0.1", () => resolve((elsewhere.address() as AddressInfo).port));
    });
    const config = { hostname: `port-${port}`, module: join(FIXTURES, "thread-of-remote.mjs") };
    await withThread(config, function* (server) {
      expect(server.address.port).toBe(port);
      expect(yield* get(server)).toBe("hello from elsewhere");
    });
    elsewhere.close();
  });

  it("runs from the sources of a program that does", async () => {
    const { stdout, stderr, code } = await new Program("test/fixtures/thread-of-sources.ts").exited;
    expect({ stdout, stderr, code }).toEqual({ stdout: "hello from a thread\n", stderr: "", code: 0 });
  });

  it("serves an app from an event loop of its own, and keeps what it prints; its stop is no crash", async () => {
    const crashed = createGate<string>();
    const { log } = await withThread({}, function* (server) {
      server.ended.catch(() => crashed.open("crashed"));
      expect(server.address).toEqual({ host: "127.0.0.1", port: expect.any(Number) });
      expect(server.pid).toBeUndefined();
      expect(yield* get(server)).toBe("hello from a thread");
      expect(yield* get(server, "/print")).toBe("printed");
    });
    expect(texts(log, "stdout")).toEqual(["printed", "drained"]);
    expect(texts(log, "stderr")).toEqual(["complained"]);
    const later = new Promise((resolve) => setImmediate(resolve, "pending"));
    expect(await Promise.race([crashed.promise, later])).toBe("pending");
  });

  it("loads TypeScript, also by its URL", async () => {
    await withThread({ module: pathToFileURL(join(FIXTURES, "bad-app.ts")) }, function* (server) {
      expect(yield* get(server)).toBe("hello from shop");
    });
  });

  it("loads a CommonJS module whose export is one Express app", async () => {
    await withThread({ module: "test/fixtures/cjs-app.cjs" }, function* (server) {
      expect(yield* get(server)).toBe("one app for all");
    });
  });

  it.each<[string, string, number, RegExp]>([
    ["lets what is in flight finish when it stops, though the app has left a timer", "/slow", 60_000, /slow but done$/],
    ["cuts what is in flight after its grace", "/never", 20, /102 Processing\r\n\r\n$/],
  ])("%s", async (_what, path, graceMs, answer) => {
    let client: Client | undefined;
    const { log } = await withThread(
      { graceMs },
      function* (server) {
        client = yield* begin(server, path);
      },
      async () => {
        expect(await client?.end()).toMatch(answer);
        client?.destroy();
      },
    );
    expect(log.tail(1)[0]?.text).toBe("drained");
  });

  it("is stopped by force when it spins for ever", async () => {
    let client: Client | undefined;
    const { log } = await withThread(
      { graceMs: 0 },
      function* (server) {
        client = yield* begin(server, "/spin");
      },
      async () => client?.destroy(),
    );
    expect(texts(log, "stdout")).toEqual([]); // it has not drained
  });

  it("answers 500 for a request that fails, writes it to its log, and goes on", async () => {
    const { log } = await withThread({}, function* (server) {
      expect(JSON.parse(yield* get(server, "/fail"))).toMatchObject({ status: 500, code: "APP_FAILED" });
      expect(yield* get(server)).toBe("hello from a thread");
    });
    expect(texts(log, "stderr")[0]).toBe("Error: failed on one request");
  });

  it.each<[string, Partial<ThreadServerConfig>, string]>([
    ["module", { module: "" }, "module must be text that is not empty, got ''"],
    ["module", { module: "https://localhost/app.js" }, "module must be the path or the file: URL of a file"],
    ["hostname", { hostname: "a b" }, '"a b" is no hostname'],
    ["graceMs", { graceMs: -1 }, "graceMs must be a finite number >= 0"],
    [
      "resourceLimits",
      { resourceLimits: { stackSizeMb: -1 } },
      "resourceLimits.stackSizeMb must be a finite number >= 0",
    ],
    ["resourceLimits", { resourceLimits: { memory: 1 } as never }, "resourceLimits has no option 'memory'"],
    ["an option that does not exist", { grace: 1 } as never, "useThreadServer has no option 'grace'"],
  ])("refuses a bad value of %s before it starts anything", (_option, bad, message) => {
    expect(() => useThreadServer({ module: APP, hostname: "shop", ...bad })).toThrow(message);
  });
});

describe.concurrent("a thread that does not start", () => {
  it.each<[string, string, RegExp]>([
    [
      "has no default export",
      "no-default.ts",
      /^its default export must be an app factory.*got undefined \(.*no-default\.ts\)$/,
    ],
    ["has a syntax error", "broken.mjs", /^Unexpected token ';' \(.*\/broken\.mjs:1:17\)/],
    ["imports one that has a syntax error", "imports-broken.mjs", /^Unexpected token ';' \(.*\/broken\.mjs:1:17\)/],
    ["imports what is not there", "imports-nothing.mjs", /^.*'nothing' \(file:.*\/imports-nothing\.mjs:1:\d+\)/],
    ["does not exist", "nothing.mjs", /^there is no file .*nothing\.mjs$/],
    ["exits the process", "exits.mjs", /^its thread exited with code 7 before it was ready; it printed nothing$/],
    [
      "listens by itself",
      "listens.mjs",
      /^its default export must be .*, got undefined \(.*listens\.mjs\)\nIts last output:\n {2}listening by itself$/,
    ],
  ])("says that its module %s", async (_what, module, message) => {
    const error = await failure(module);
    expect(error).toMatchObject({ code: "START_FAILED" });
    expect(error.message).toMatch(message);
  });

  it("says what its app factory threw, and where", async () => {
    const error = await failure("bad-app.ts", "bad");
    expect(error).toMatchObject({ code: "START_FAILED", cause: { message: "no database" } });
    expect(error.message).toMatch(/^no database \(.*bad-app\.ts:\d+:\d+\)$/);
  });

  it("is no failure when its app factory declines the hostname", async () => {
    expect(await failure("thread-app.mjs", "nobody")).toMatchObject({
      code: "DECLINED",
      message: 'there is no app for "nobody"',
    });
  });

  it("can be halted before it has begun to run", async () => {
    await expectNoLeaks(async () => {
      const task = run(() => useThreadServer({ hostname: "shop", module: APP }));
      await new Promise((resolve) => setImmediate(resolve));
      await task.halt();
    });
  });

  it.each(["never-loads.mjs", "spinning.mjs"])("is ended when its start is halted: %s", async (file) => {
    const log = new LogRing();
    const loading = createGate();
    log.listen(() => loading.open());
    const module = join(FIXTURES, file);
    await expectNoLeaks(() =>
      run(() =>
        race([useThreadServer({ hostname: "shop", module, log, graceMs: 60_000 }), until(loading.promise)]),
      ).then(() => {}),
    );
    expect(texts(log, "stdout")).toEqual(["loading"]);
  });
});

describe.concurrent("a thread that crashes", () => {
  const place = /thread-app\.mjs:\d+:\d+\)/.source;

  it.each<[string, string, RegExp]>([
    [
      "an error that nobody catches",
      "/throw",
      new RegExp(`^thrown from a timer \\(.*${place}; its thread has ended\nIts last output:\n {2}about to throw$`),
    ],
    [
      "a rejection that nobody handles",
      "/reject",
      new RegExp(`^left in a promise \\(.*${place}; its thread has ended$`),
    ],
    ["something thrown that is no error", "/throw-text", /^only a text; its thread has ended$/],
    ["process.exit", "/exit", /^its thread exited with code 4; it printed nothing$/],
    [
      "the close of its server",
      "/close",
      /^the server of "shop" closed although nobody stopped it; its thread has ended\nIts last output:\n {2}drained$/,
    ],
  ])("says that it was %s", async (_what, path, message) => {
    await withThread({}, function* (server) {
      const error = yield* crash(server, path);
      expect(error).toMatchObject({ name: "SwitchboardError", code: "SERVER_CLOSED", hostname: "shop" });
      expect(error.message).toMatch(message);
    });
  });

  it("has crashed when its memory is used up, and nothing else has", async () => {
    await withThread(
      { resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } },
      function* (server) {
        const other = yield* useThreadServer({ hostname: "blog", module: APP });
        const error = yield* crash(server, "/waste");
        expect(error.message).toMatch(/^.*reaching memory limit.*; its thread has ended/);
        expect(yield* get(other)).toBe("hello from a thread");
      },
    );
  });
});
