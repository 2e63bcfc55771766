import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { it as base, describe, expect } from "vitest";
import { Client, get } from "./support/client.ts";
import { makeFolder } from "./support/folder.ts";
import { Program } from "./support/program.ts";

const CLI = "dist/cli.js";
const SLOW_APP = "test/fixtures/slow-app.mjs";

/** A test that can start the command; what it started ends with it. */
const it = base.extend<{ start: (...args: string[]) => Program }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from this pattern
  start: async ({}, use) => {
    const programs: Program[] = [];
    await use((...args) => {
      const program = new Program(CLI, args);
      programs.push(program);
      return program;
    });
    for (const program of programs) program.kill("SIGKILL");
  },
});

async function listening(program: Program): Promise<number> {
  const [, port] = await program.until(/"port":(\d+)|http:\/\/127\.0\.0\.1:(\d+)/);
  return Number(port ?? (await program.until(/127\.0\.0\.1:(\d+)/))[1]);
}

async function text(port: number, hostname: string, path = "/"): Promise<string> {
  const client = new Client(port).send(get(hostname, path, "Connection: close\r\n"));
  const answer = await client.end();
  client.destroy();
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

const JSON_ARGS = ["--port", "0", "--base-port", "0", "--json"];

describe.concurrent("switchboard", () => {
  it("serves any name, prints what happens, and reports at the end", async ({ start }) => {
    const program = start("--port", "0", "--base-port", "0", SLOW_APP);
    const port = await listening(program);
    expect(await text(port, "shop")).toContain("hello from shop");
    program.kill("SIGINT");
    const { code, stdout, stderr } = await program.exited;
    expect(stdout).toContain(`http://hello.localhost:${port}`);
    expect(stdout).toContain(`curl -H 'Host: hello.localhost' http://127.0.0.1:${port}`);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d started {2}shop on port \d+$/m);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d stopped {2}shop$/m);
    expect(stdout).toMatch(
      /Stopped 1 server in \d+ ms: 0 requests in flight finished, 0 requests and 0 sockets cut\.\n$/,
    );
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toBe("");
    expect(code).toBe(130);
  });

  it("starts pinned names at once, and says how a server that keeps crashing restarts and fails", async ({ start }) => {
    const program = start(
      "--port",
      "0",
      "--base-port",
      "0",
      "--pin",
      "Bad",
      "--pin",
      "good",
      "test/fixtures/bad-app.ts",
    );
    const restart = await program.until(/^\d\d:\d\d:\d\d (restart {2}bad: .*)$/m);
    expect(restart[1]).toMatch(/^restart {2}bad: attempt 1 in \d+ ms$/);
    const failed = await program.until(/^\d\d:\d\d:\d\d (failed .*)$/m);
    expect(failed[1]).toBe("failed   bad: not started for now; one trial start is possible after 30.0 s");
    program.kill("SIGINT");
    const { stdout } = await program.exited;
    expect(stdout.match(/ error {4}bad: no database \(.*bad-app\.ts:\d+:\d+\)$/gm)).toHaveLength(6);
    expect(stdout).toMatch(/ started {2}good on port \d+$/m);
  });

  it("prints one JSON object per line with --json, listening first, the report last", async ({ start }) => {
    const program = start(...JSON_ARGS);
    const port = await listening(program);
    await text(port, "shop");
    program.kill("SIGTERM");
    const { code, stdout } = await program.exited;
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      type: "listening",
      url: `http://127.0.0.1:${port}`,
      port,
    });
    expect(events.map(({ type }) => type)).toEqual([
      "listening",
      "starting",
      "started",
      "draining",
      "drained",
      "stopping",
      "stopped",
      "report",
    ]);
    expect(events.at(-1)).toMatchObject({ type: "report", serversStopped: 1 });
    expect(code).toBe(143);
  });

  it("lets a slow request finish when it is interrupted, however often the same signal arrives within 500 ms", async ({
    start,
  }) => {
    const program = start(...JSON_ARGS, SLOW_APP);
    const client = new Client(await listening(program)).send(get("shop", "/slow"));
    await client.until("102 Processing");
    for (let i = 0; i < 3; i += 1) program.kill("SIGINT");
    expect(await client.end()).toContain("slow but done");
    client.destroy();
    const { code, stdout } = await program.exited;
    expect(stdout).toContain('"requestsFinished":1,"requestsCut":0');
    expect(code).toBe(130);
  });

  it("cuts what has not finished after --grace", async ({ start }) => {
    const program = start(...JSON_ARGS, "--grace", "50ms", SLOW_APP);
    const client = new Client(await listening(program)).send(get("shop", "/never"));
    await client.until("102 Processing");
    program.kill("SIGTERM");
    const { code, stdout } = await program.exited;
    client.destroy();
    expect(stdout).toContain('"requestsCut":1');
    expect(code).toBe(143);
  });

  it.for(["SIGINT", "SIGTERM"] as const)("ends at once at a second %s", async (signal, { start }) => {
    const program = start(...JSON_ARGS, "--grace", "1m", SLOW_APP);
    const client = new Client(await listening(program)).send(get("shop", "/never"));
    await client.until("102 Processing");
    program.kill(signal);
    await program.until(/draining/);
    const again = setInterval(() => program.kill(signal), 100); // those of the first 500 ms do not count
    const { code, stderr } = await program.exited;
    clearInterval(again);
    client.destroy();
    expect(stderr).toBe(`switchboard: ${signal} came a second time; ending at once\n`);
    expect(code).toBe(signal === "SIGINT" ? 130 : 143);
  });

  it("ends when an app's own cleanup takes more than 5 s longer than the grace period", async ({ start }) => {
    const program = start(...JSON_ARGS, "--grace", "0ms", "test/fixtures/hanging-cleanup.ts");
    expect(await text(await listening(program), "shop")).toContain("ok");
    program.kill("SIGTERM");
    const { code, stderr } = await program.exited;
    expect(stderr).toBe("switchboard: the shutdown took longer than 5000 ms; ending at once\n");
    expect(code).toBe(143);
  });

  it("shuts down when its terminal is gone", async ({ start }) => {
    const program = start(...JSON_ARGS);
    await listening(program);
    program.kill("SIGHUP");
    const { code, stdout } = await program.exited;
    expect(stdout).toContain('"type":"report"');
    expect(code).toBe(129);
  });

  it("survives what an app throws from a timer or leaves in a promise, and says so", async ({ start }) => {
    const program = start(...JSON_ARGS, SLOW_APP);
    const port = await listening(program);
    expect(await text(port, "shop", "/throw")).toContain("still here");
    expect(await text(port, "shop", "/reject")).toContain("still here");
    await program.until(/left in a promise/);
    const events = await text(port, "switchboard", "/api/events");
    expect(events).toMatch(
      /"type":"front-error",.*the switchboard: an app did not catch: left in a promise \(.*slow-app\.mjs:\d+/,
    );
    program.kill("SIGINT");
    const { code, stdout } = await program.exited;
    expect(stdout).toContain('"type":"uncaught","error":{"name":"Error","message":"thrown from a timer"');
    expect(stdout).toContain('"message":"left in a promise"');
    expect(code).toBe(130);
  });

  it("serves an Express app that is exported itself, from CommonJS", async ({ start }) => {
    const program = start(...JSON_ARGS, "test/fixtures/cjs-app.cjs");
    const port = await listening(program);
    expect(await text(port, "shop")).toContain("one app for all");
    expect(await text(port, "blog")).toContain("one app for all");
  });

  it("names the servers' domain, the default hostname and the limits as it is told", async ({ start }) => {
    const program = start(
      ...JSON_ARGS,
      "--domain",
      "example.test",
      "--domain",
      "example.org",
      "--default",
      "home",
      "--max-servers",
      "1",
      SLOW_APP,
    );
    const port = await listening(program);
    const client = new Client(port).send("GET / HTTP/1.1\r\nHost: shop.example.org\r\n\r\n");
    expect(await client.until("shop")).toContain("hello from shop");
    client.destroy();
    expect(await text(port, "shop")).toContain("421");
    expect(await text(port, "x", "/__switchboard/health")).toContain("ok");
    const home = new Client(port).send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await home.until("home")).toContain("hello from home");
    home.destroy();
    await program.until(/"hostname":"shop","reason":"evicted"/);
  });

  it("stops servers that nobody uses", async ({ start }) => {
    const program = start(...JSON_ARGS, "--idle-timeout", "50ms", SLOW_APP);
    await text(await listening(program), "shop");
    await program.until(/"type":"stopping","hostname":"shop","reason":"idle"/);
    await program.until(/"type":"stopped","hostname":"shop"/);
  });

  it("prints its version, and its help", async ({ start }) => {
    const version = await start("--version").exited;
    expect(version).toMatchObject({ code: 0, stdout: `${JSON.parse(readFileSync("package.json", "utf8")).version}\n` });
    const help = await start("--help").exited;
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const option of [
      "--port",
      "--host",
      "--base-port",
      "--max-servers",
      "--idle-timeout",
      "--start-timeout",
      "--grace",
      "--domain",
      "--default",
      "--json",
      "--version",
      "--help",
    ]) {
      expect(help.stdout).toContain(option);
    }
  });

  it("says that its port is taken, and the way out", async ({ start }) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await start("--port", String(port)).exited;
    other.close();
    const who = process.platform === "linux" ? `.* \\(process ${process.pid}\\) has the port` : "the port is in use";
    expect(stderr).toMatch(
      new RegExp(`^switchboard: cannot listen on 127.0.0.1:${port}: ${who}; stop [^\n]*, or choose another [^\n]*\n$`),
    );
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  it.for<[string[], string]>([
    [["--prot", "1"], "Unknown option '--prot'"],
    [["--port"], "Option '--port <value>' argument missing"],
    [["--port", "http"], '--port must be a whole number from 0 to 65535, got "http"'],
    [["--port", "65536"], '--port must be a whole number from 0 to 65535, got "65536"'],
    [["--idle-timeout", "15"], '--idle-timeout must be a time such as 500ms, 10s, 15m or 2h, or off, got "15"'],
    [["--grace", "forever"], '--grace must be a time such as 500ms, 10s, 15m or 2h, got "forever"'],
    [["--max-servers", "0"], "--max-servers must be a whole number from 1 to 1000000, got 0"],
    [
      ["--start-timeout", "900h"],
      "--start-timeout must be a finite number >= 1 (milliseconds, at most 2147483647), got 3240000000",
    ],
    [["--domain", "a b"], "--domain must be a hostname"],
    [["a.ts", "b.ts"], 'serve takes [MODULE]: "b.ts" is one too many'],
  ])("refuses %j with one sentence and exit code 2", async ([args, message], { start }) => {
    const { code, stdout, stderr } = await start(...args).exited;
    expect(stderr).toMatch(/^switchboard: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it.for<[string, string]>([
    ["test/fixtures/nothing.ts", "there is no file"],
    ["test/fixtures/no-app.ts", "its default export must be an app factory, an Express app or a request listener, got"],
    [
      "test/fixtures/no-default.ts",
      "its default export must be an app factory, an Express app or a request listener, got undefined",
    ],
    ["test/fixtures/broken.mjs", "Unexpected token"],
    ["test/fixtures/hanging.mjs", "it has not loaded within 300 ms"],
  ])("says why it cannot load %s, with exit code 1", async ([module, message], { start }) => {
    const { code, stdout, stderr } = await start(
      "--port",
      "0",
      ...(module.includes("hanging") ? ["--start-timeout", "300ms"] : []),
      module,
    ).exited;
    expect(stderr).toMatch(new RegExp(`^switchboard: cannot load ${module}: [^\n]*\n$`));
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  it("does not say that a wrong import is to be found in the module loader", async ({ start }) => {
    await using folder = await makeFolder({ "app.mts": 'export { default } from "./missing.ts";' });
    const { code, stderr } = await start("--port", "0", folder.at("app.mts")).exited;
    expect(stderr).toContain("missing.ts");
    expect(stderr).not.toContain("node_modules");
    expect(code).toBe(1);
  });

  it("goes on when nobody reads what it prints any more", async ({ start }) => {
    const program = start(...JSON_ARGS, SLOW_APP);
    const port = await listening(program);
    program.child.stdout?.destroy();
    expect(await text(port, "a")).toContain("hello from a");
    expect(await text(port, "b")).toContain("hello from b");
    program.kill("SIGINT");
    expect((await program.exited).code).toBe(130);
  });
});
