import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Operation, race, run, scoped, until } from "effection";
import { expectNoLeaks } from "effection-switchboard/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { CommandServerConfig, Readiness } from "../../src/server/command/command-config.ts";
import { useCommandServer } from "../../src/server/command/command-server.ts";
import type { PortChoice } from "../../src/server/listen.ts";
import { LogRing } from "../../src/server/log-ring.ts";
import type { OutsideServer } from "../../src/server/outside-server.ts";
import { createGate } from "../support/gate.ts";
import { heap } from "../support/load.ts";
import { ended, processesOf } from "../support/processes.ts";
import { Program } from "../support/program.ts";

const FIXTURE = "test/fixtures/command.mjs";

/** The command of the fixture. */
function app(...steps: string[]): string[] {
  return [process.execPath, FIXTURE, ...steps];
}

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-command-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a test body with a command that is ready. Nothing may be left: no process of the group, no handle here. */
async function withCommand(
  config: Omit<CommandServerConfig, "hostname">,
  body: (server: OutsideServer) => Operation<void>,
): Promise<OutsideServer> {
  const server = await expectNoLeaks(() =>
    run(() =>
      scoped(function* () {
        const server = yield* useCommandServer({ hostname: "shop", ...config });
        yield* body(server);
        return server;
      }),
    ),
  );
  expect(processesOf(server.pid as number)).toEqual([]);
  return server;
}

function* nothing(): Operation<void> {}

/** Starts a command that fails, and returns the message. */
async function failure(config: Omit<CommandServerConfig, "hostname">): Promise<string> {
  const log = new LogRing();
  const error = await expectNoLeaks(() =>
    run(() => useCommandServer({ hostname: "shop", log, ...config })).then(
      () => expect.unreachable("it started"),
      (error) => error,
    ),
  );
  expect(error).toMatchObject({ name: "SwitchboardError", code: "START_FAILED", hostname: "shop" });
  return error.message;
}

/** Starts a command that is never ready, and halts the start as soon as `text` was printed. Returns the output. */
async function haltedStart(config: Omit<CommandServerConfig, "hostname">, text: string): Promise<string[]> {
  const log = new LogRing();
  await expectNoLeaks(() =>
    run(() => race([useCommandServer({ hostname: "shop", log, ...config }), line(log, text)])).then(() => {}),
  );
  return log.lines().map((line) => line.text);
}

/** Returns when `text` is in the output. */
function* line(log: LogRing, text: string): Operation<void> {
  const found = createGate();
  const stop = log.listen((line) => line.text.includes(text) && found.open());
  if (log.lines().some((line) => line.text.includes(text))) found.open();
  try {
    yield* until(found.promise);
  } finally {
    stop();
  }
}

function* get({ address: { host, port } }: OutsideServer, path = "/"): Operation<string> {
  const name = host.includes(":") ? `[${host}]` : host;
  return yield* until(
    fetch(`http://${name}:${port}${path}`, { headers: { connection: "close" } }).then((response) => response.text()),
  );
}

async function listening(host = "127.0.0.1", port = 0): Promise<Server> {
  const server = createServer((_request, response) => void response.end("hello from somebody else")).listen(port, host);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Ports on which nobody listens. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening()));
  const ports = servers.map(portOf);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

/** A choice that remembers what was taken, and what was found busy. */
function choice(ports: readonly number[]): PortChoice & { taken: number[]; lost: number[] } {
  const taken: number[] = [];
  const lost: number[] = [];
  return {
    taken,
    lost,
    take: () => {
      const port = ports[taken.length];
      if (port === undefined) throw new Error("no port is left");
      taken.push(port);
      return port;
    },
    busy: (port) => lost.push(port),
  };
}

describe("useCommandServer", () => {
  it("starts a program without a shell, tells it where to listen, and is ready when it accepts connections", async () => {
    const steps = ["print-arguments", "print-environment", "{host}:{port}", "--name={hostname}", "$(exit 1); `x` 'y'"];
    const { log, address } = await withCommand({ command: app(...steps), env: { EXTRA: "x" } }, function* (server) {
      expect(server.address.host).toBe("127.0.0.1");
      expect(yield* get(server)).toBe("hello from a command");
      yield* line(server.log, "GET / 200");
    });
    const { port } = address;
    const [args = "", env = "", ...rest] = log.lines().map(({ text }) => text);
    const told = ["print-arguments", "print-environment", `127.0.0.1:${port}`, "--name=shop", "$(exit 1); `x` 'y'"];
    expect(JSON.parse(args)).toEqual(told);
    expect(JSON.parse(env)).toEqual({
      PORT: String(port),
      HOST: "127.0.0.1",
      SWITCHBOARD_HOSTNAME: "shop",
      EXTRA: "x",
    });
    expect(rest).toEqual([`serving on ${port}GET / 200`]);
  });

  it("starts a line of the shell, in its cwd, with the environment that it is given", async () => {
    const cwd = join(import.meta.dirname, "../fixtures");
    const command = `echo "$SWITCHBOARD_HOSTNAME {hostname} $PORT {port} $EXTRA $PATH_TO" >&2 && exec '${process.execPath}' command.mjs | cat`;
    const env = { EXTRA: "a b", PATH_TO: undefined, PORT: "1" };
    const { log, address } = await withCommand({ command, cwd, env }, nothing);
    const [first] = log.lines();
    expect(first).toEqual({
      seq: 1,
      stream: "stderr",
      text: `shop shop ${address.port} ${address.port} a b `,
      complete: true,
    });
  });

  it("finds a server that listens on ::1 only", async () => {
    await withCommand({ command: app("on-ipv6") }, function* (server) {
      expect(server.address.host).toBe("::1");
      expect(yield* get(server)).toBe("hello from a command");
    });
  });

  it("waits for a path to answer below 500", async () => {
    const { log } = await withCommand({ command: app("unready-twice"), ready: { path: "/up?x" } }, nothing);
    const statuses = log.lines().flatMap(({ text }) => /GET \/up\?x (\d+)/.exec(text)?.[1] ?? []);
    expect(statuses).toEqual(["503", "503", "200"]);
  });

  it("asks a path again that was not answered: a server may hang on what comes first", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      let settled = false;
      const served = withCommand({ command: app("muted-once"), ready: { path: "/up" } }, nothing).finally(() => {
        settled = true;
      });
      while (!settled) {
        await vi.advanceTimersByTimeAsync(50);
        await new Promise((resolve) => setImmediate(resolve)); // the network does not wait for the clock
      }
      const lines = (await served).log.lines().map(({ text }) => text);
      expect(lines.slice(0, 2).map((text) => text.replace(/^serving on \d+/, ""))).toEqual([
        "GET /up is not answered",
        "GET /up 200",
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[string, Readiness]>([
    ["a text", { log: "serving on" }],
    ["a pattern, also a global one", { log: /SERVING ON \d+/gi }],
  ])("waits for a line with %s, though its newline has not come", async (_what, ready) => {
    await withCommand({ command: app(), ready }, function* (server) {
      expect(yield* get(server)).toBe("hello from a command");
    });
  });

  it("waits for a connection after the line, and does not mind colours in it", async () => {
    const command = `printf '\\033[32mal\\033[1mmost\\033[0m'; exec '${process.execPath}' ${FIXTURE}`;
    await withCommand({ command, ready: { log: /^almost/ } }, function* (server) {
      expect(yield* get(server)).toBe("hello from a command");
    });
  });

  it.each<[string, Partial<CommandServerConfig>, string]>([
    ["command", { command: "" }, "command must be text that is not empty, got ''"],
    ["command", { command: [] }, "command must be text that is not empty, got []"],
    ["command", { command: ["a", 7 as never] }, "command[1] must be text without a NUL character, got 7"],
    ["command", { command: "a\0b" }, "command must be text without a NUL character"],
    ["hostname", { hostname: "a b" }, '"a b" is no hostname'],
    ["hostname", { hostname: "$(x)" }, '"$(x)" is no hostname'],
    ["env", { env: { A: 7 as never } }, "env.A must be text without a NUL character, got 7"],
    ["ready", { ready: { path: "up" } }, "ready must be { tcp: true }, { path: text that begins with / }"],
    ["ready", { ready: {} as never }, "ready must be"],
    ["ports", { ports: { take: () => 1 } as never }, "ports must be an object with the functions take and busy"],
    ["graceMs", { graceMs: -1 }, "graceMs must be a finite number >= 0"],
    ["notYet", { notYet: 1 as never }, "notYet must be a function"],
    ["an option that does not exist", { grace: 1 } as never, "useCommandServer has no option 'grace'"],
  ])("refuses a bad value of %s before it starts anything", (_option, bad, message) => {
    expect(() => useCommandServer({ command: "true", hostname: "shop", ...bad })).toThrow(message);
  });

  it("refuses Windows, which has no process groups", () => {
    const platform = Object.getOwnPropertyDescriptor(process, "platform") as PropertyDescriptor;
    Object.defineProperty(process, "platform", { ...platform, value: "win32" });
    try {
      expect(() => useCommandServer({ command: "true", hostname: "shop" })).toThrow("cannot be run on Windows");
    } finally {
      Object.defineProperty(process, "platform", platform);
    }
  });

  it("can be halted at every moment of its start", async () => {
    await expectNoLeaks(async () => {
      for (let turns = 0; turns < 12; turns += 1) {
        const task = run(() => useCommandServer({ command: ["sleep", "1000"], hostname: "shop" }));
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await task.halt();
      }
    });
  });

  it("never gives a command a hostname that it would read as an option", async () => {
    for (const command of [["echo", "{hostname}"], "echo {hostname}"]) {
      await expect(run(() => useCommandServer({ command, hostname: "-rf" }))).rejects.toMatchObject({
        code: "START_FAILED",
        message: expect.stringContaining('"-rf" cannot stand for {hostname} in a command'),
      });
    }
  });
});

describe("a command that does not start", () => {
  it("says that there is no such command", async () => {
    expect(await failure({ command: ["no-such-command", "x"] })).toBe(
      "its command could not be started: command not found: no-such-command (no-such-command x)",
    );
    expect(await failure({ command: "no-such-command x" })).toMatch(
      /^its command exited with code 127 \(command not found\) before it was ready \(no-such-command x\)\nIts last output:\n {2}.*no-such-command: .*not found$/,
    );
  });

  it("says that there is no such directory, or that it is none", async () => {
    const missing = join(folder, "missing");
    const message = "its command could not be started: there is no directory";
    expect(await failure({ command: "true", cwd: missing })).toBe(`${message} ${missing}, which is its cwd (true)`);
    const file = join(import.meta.dirname, "../fixtures/command.mjs");
    expect(await failure({ command: "true", cwd: file })).toBe(`${message} ${file}, which is its cwd (true)`);
  });

  it("says that it may not be run", async () => {
    const file = join(folder, "plain.txt");
    await writeFile(file, "text");
    expect(await failure({ command: [file] })).toBe(
      `its command could not be started: ${file} is not executable (${file})`,
    );
  });

  it("says that its arguments are too long for the system", async () => {
    const message = await failure({ command: ["true", "x".repeat(10_000_000)] });
    expect(message).toMatch(/^its command could not be started: spawn E2BIG/);
    expect(message.length).toBeLessThan(1_000);
  });

  it("says how it ended, with the last 20 lines of its output", async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `\n  ${i + 12}`).join("");
    expect(await failure({ command: "seq 1 30; printf 31 >&2; exit 3" })).toBe(
      `its command exited with code 3 before it was ready (seq 1 30; printf 31 >&2; exit 3)\nIts last output:${lines}`,
    );
    expect(await failure({ command: "exit 0" })).toBe(
      "its command exited with code 0 before it was ready (exit 0); it printed nothing",
    );
    expect(await failure({ command: "kill -SEGV $$" })).toContain("was ended by SIGSEGV before it was ready");
  });

  it("says that this process has no files left, and starts when there are some", async () => {
    const program = new Program("test/fixtures/command-few-files.ts", [], ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"']);
    const { code, stdout, stderr } = await program.exited;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      during: expect.stringMatching(/^its command could not be started: spawn .* EMFILE/),
      after: "started",
    });
    expect(code).toBe(0);
  });

  it("fails when it forks and exits before it is ready, and its child does not survive", async () => {
    const message = await failure({ command: "echo $$; sleep 1000 & exit 0" });
    const group = Number(/^ {2}(\d+)$/m.exec(message)?.[1]);
    expect(message).toContain("exited with code 0 before it was ready");
    expect(processesOf(group)).toEqual([]);
  });

  it("fails when its file is deleted in the middle of the start", async () => {
    const file = join(folder, "vanishing.mjs");
    const gone = join(folder, "part.mjs");
    await writeFile(gone, "export {};");
    await writeFile(
      file,
      `import { rmSync } from "node:fs"; rmSync(${JSON.stringify(gone)}); rmSync(${JSON.stringify(file)}); await import("./part.mjs");`,
    );
    const message = await failure({ command: [process.execPath, file] });
    expect(message).toContain("exited with code 1 before it was ready");
    expect(message).toMatch(/ {2}.*Cannot find module .*part\.mjs/);
  });

  it("is cleaned up at once when its start is halted, also when it ignores SIGTERM; its output can be read", async () => {
    const command = "trap 'echo ignored' TERM; echo $$; echo compiling; while :; do sleep 1; done";
    const output = await haltedStart({ command, graceMs: 60_000 }, "compiling");
    expect(output.slice(0, 2)).toEqual([expect.stringMatching(/^\d+$/), "compiling"]);
    expect(processesOf(Number(output[0]))).toEqual([]);
  });

  it("is never ready when it listens on another port", async () => {
    const [text = ""] = await haltedStart({ command: app("on-another-port") }, "serving on");
    expect(text).toMatch(/^serving on \d+$/);
  });

  it.each<[string, string[], Readiness, string, RegExp[]]>([
    [
      "a connection",
      ["on-another-port"],
      { tcp: true },
      "serving on",
      [/^nothing accepts connections on port \d+, wh/],
    ],
    [
      "an answer",
      ["muted-once"],
      { path: "/up" },
      "GET /up is",
      [/^nothing acc/, /^GET \/up gets no answer below 500$/],
    ],
    ["a line", [], { log: /never/ }, "serving on", [/^it has printed no line with \/never\/$/]],
  ])("says that it is %s that it waits for", async (_what, steps, ready, printed, reasons) => {
    const said: string[] = [];
    await haltedStart({ command: app(...steps), ready, notYet: (why) => said.push(why) }, printed);
    expect(said).toEqual(reasons.map((reason) => expect.stringMatching(reason)));
  });
});

describe("a command that stops", () => {
  it("gets SIGTERM, and time to finish", async () => {
    const { log } = await withCommand({ command: app("say-bye"), graceMs: 60_000 }, nothing);
    expect(log.lines()).toContainEqual(expect.objectContaining({ stream: "stderr", text: "bye", complete: true }));
  });

  it("gets SIGKILL after its grace when it ignores SIGTERM, and so does what it has started", async () => {
    const command = app("ignore-sigterm", "leave-a-child");
    const { log } = await withCommand({ command, graceMs: 50 }, function* ({ pid = 0 }) {
      expect(processesOf(pid)).toHaveLength(2);
    });
    expect(log.tail(1)[0]?.text).toContain("SIGTERM ignored");
  });

  it("gets SIGKILL at once when there is no grace, which can be known as late as that", async () => {
    let graceMs = 60_000;
    await withCommand({ command: app("ignore-sigterm"), graceMs: () => graceMs }, function* () {
      graceMs = 0;
    });
  });

  it("does not leave a child that survives it, in the background of a shell or behind npm", async () => {
    const child = `'${process.execPath}' ${FIXTURE}`;
    for (const command of [
      `${child} & wait`,
      `(${child} ignore-sigterm &) ; sleep 1000`,
      `sh -c "${child}; true"; true`,
    ]) {
      await withCommand({ command, graceMs: 50 }, function* ({ pid = 0 }) {
        expect(processesOf(pid).length).toBeGreaterThan(1);
      });
    }
  });

  it("is not waited for when one that left its group holds its pipes", async () => {
    const command = `setsid sleep 1000 & echo $! >&2; exec '${process.execPath}' ${FIXTURE}`;
    const { log } = await withCommand({ command }, nothing);
    const stray = Number(log.lines()[0]?.text);
    process.kill(stray, "SIGKILL"); // out of reach, as documented: the test cleans up
  });

  it("does not matter to others: two of them live side by side", async () => {
    await withCommand({ command: app() }, function* (first) {
      yield* until(
        run(function* () {
          const second = yield* useCommandServer({ command: app(), hostname: "blog" });
          expect(second.address.port).not.toBe(first.address.port);
        }),
      );
      expect(yield* get(first)).toBe("hello from a command");
    });
  });
});

describe("a command that crashes", () => {
  it.each([
    ["exited with code 3", "/exit"],
    ["was ended by SIGKILL", "/kill"],
  ])("%s: says so, with its last output", async (how, path) => {
    await withCommand({ command: app() }, function* (server) {
      yield* until(run(() => get(server, path)).catch(() => {}));
      const error: Error = yield* until(server.ended.catch((reason) => reason));
      expect(error).toMatchObject({ code: "SERVER_CLOSED", hostname: "shop" });
      const { port } = server.address;
      expect(error.message).toBe(`its command ${how} (${app().join(" ")})\nIts last output:\n  serving on ${port}`);
    });
  });

  it("has crashed when it forks and exits, though a child serves on; the child ends with its owner", async () => {
    const command = `'${process.execPath}' ${FIXTURE} ignore-sigterm & until [ -e '${folder}/go' ]; do sleep 0.01; done; exit 0`;
    await withCommand({ command, graceMs: 50 }, function* (server) {
      yield* until(writeFile(join(folder, "go"), ""));
      const error: Error = yield* until(server.ended.catch((reason) => reason));
      expect(error.message).toContain("its command exited with code 0 (");
      expect(processesOf(server.pid as number)).toHaveLength(1);
    });
  });

  it("has not crashed when it was stopped", async () => {
    let settled = false;
    await withCommand({ command: app() }, function* ({ ended }) {
      ended.catch(() => {
        settled = true;
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
  });
});

describe("the port of a command", () => {
  it("is the first on which nobody listens, on IPv4 and IPv6", async () => {
    const others = [await listening("127.0.0.1"), await listening("::1")];
    const [free = 0] = await freePorts(1);
    const ports = choice([...others.map(portOf), free]);
    await withCommand({ command: app(), ports }, function* ({ address }) {
      expect(address.port).toBe(free);
    });
    expect(ports.lost).toEqual(others.map(portOf));
    for (const other of others) other.close();
  });

  /** Somebody takes the first port as soon as the command runs, which waits for that. */
  async function stolen(ready: Readiness, steps: string): Promise<void> {
    const ports = choice(await freePorts(2));
    const flag = join(folder, `stolen-${Object.keys(ready)}`);
    const log = new LogRing();
    let thief: Server | undefined;
    const stop = log.listen(({ text }) => {
      if (text !== "waiting" || thief !== undefined) return;
      thief = createServer((_request, response) => void response.end("stolen"));
      thief.listen(ports.taken[0], "127.0.0.1", () => void writeFile(flag, ""));
    });
    const command = `echo waiting; until [ -e '${flag}' ]; do sleep 0.01; done; exec '${process.execPath}' ${FIXTURE} ${steps}`;
    await withCommand({ command, ready, ports, log }, function* (server) {
      expect(server.address.port).toBe(ports.taken[1]);
      expect(yield* get(server)).toBe("hello from a command");
      thief?.close();
    });
    expect(ports.lost).toEqual([ports.taken[0]]);
    stop();
  }

  it("is another one when somebody gets it first, and the command fails", () => stolen({ log: "serving" }, ""));

  it.runIf(process.platform === "linux")("is another one when somebody else answers there", () =>
    stolen({ tcp: true }, ""),
  );

  it("is another one when the command says that it is in use, and goes on", async () => {
    const [first = 0, second = 0] = await freePorts(2);
    const ports = choice([first, second]);
    const command = `[ {port} = ${first} ] && echo 'Port {port} is in use, trying another one'; exec '${process.execPath}' ${FIXTURE}`;
    await withCommand({ command, ports }, function* ({ address }) {
      expect(address.port).toBe(second);
    });
    expect(ports.lost).toEqual([first]);
  });

  it("is given up after five tries", async () => {
    const ports = choice(await freePorts(6));
    const message = await failure({ command: "echo listen EADDRINUSE: {host}:{port}; exit 1", ports });
    expect(message).toContain("was started 5 times, and each time somebody else had its port");
    expect(ports.lost).toHaveLength(5);
  });

  it("is tried once when the command fails because of another port", async () => {
    const ports = choice(await freePorts(2));
    expect(await failure({ command: "echo EADDRINUSE: 127.0.0.1:1; exit 1", ports })).toContain("exited with code 1");
    expect(ports.taken).toHaveLength(1);
  });
});

describe("the output of a command", () => {
  it.each([
    ["1 GB of lines", "yes '%s' | head -c 1000000000".replace("%s", "a line ".repeat(30))],
    ["200 MB without a newline", "head -c 200000000 /dev/zero"],
  ])("takes no memory when it is %s", async (_what, print) => {
    // Node makes its output non-blocking, which others that share it do not expect: so it has one of its own.
    const command = `'${process.execPath}' ${FIXTURE} >&2 & ${print}; echo; echo 'all printed'; wait`;
    const before = await heap();
    await withCommand({ command }, function* ({ log }) {
      const baseline = process.memoryUsage.rss();
      yield* printed(log, "all printed");
      expect(process.memoryUsage.rss() - baseline).toBeLessThan(150_000_000);
      expect((yield* until(heap())) - before).toBeLessThan(20_000_000);
      expect(log.lines().length).toBeLessThanOrEqual(1_000);
    });
  });

  /** Looks again and again: a listener would have every line of a gigabyte read. */
  function* printed(log: LogRing, text: string): Operation<void> {
    while (!log.tail(5).some((line) => line.text === text)) {
      yield* until(new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }
});

describe("the end of this process", () => {
  it("is heard by one listener for all commands, which kills them at once", async () => {
    const before = process.listeners("exit");
    await withCommand({ command: app("ignore-sigterm"), graceMs: 60_000 }, function* (first) {
      const second = yield* useCommandServer({ command: app("ignore-sigterm"), hostname: "blog", graceMs: 60_000 });
      const [listener, ...more] = process.listeners("exit").filter((found) => !before.includes(found));
      expect(more).toEqual([]);
      listener?.call(process, 0);
      for (const { ended } of [first, second]) {
        const error: Error = yield* until(ended.catch((reason) => reason));
        expect(error.message).toContain("was ended by SIGKILL");
      }
    });
    expect(process.listeners("exit")).toEqual(before);
  });
});

describe.concurrent("a process that ends with a command", () => {
  it.each<[string, (program: Program) => Promise<void> | void]>([
    ["exit", (program) => void program.child.stdin?.write("end")],
    ["SIGINT", (program) => program.kill("SIGINT")],
    ["SIGKILL", (program) => program.kill("SIGKILL")],
    [
      "second SIGTERM",
      async (program) => {
        program.kill("SIGTERM");
        await program.until(/stopping/);
        program.kill("SIGTERM");
      },
    ],
  ])("leaves nothing of it: %s", async (how, end) => {
    const program = new Program("test/fixtures/command-owner.ts", [how]);
    const group = Number((await program.until(/group (\d+)/))[1]);
    try {
      expect(processesOf(group)).toHaveLength(2);
      await end(program);
      await program.exited;
      await ended(group);
    } finally {
      program.kill("SIGKILL");
      if (processesOf(group).length > 0) process.kill(-group, "SIGKILL");
    }
  });
});
