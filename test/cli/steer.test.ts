import { chmodSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect } from "vitest";
import { type Cli, sharingTest } from "../support/cli.ts";
import { answering, makeFolder } from "../support/folder.ts";

const FAILING = 'throw new Error("no database at db:5432");\n';

const it = sharingTest({
  "shop.mjs": answering("shop"),
  "steered.mjs": answering("steered"),
  "faulty.mjs": answering("faulty"),
  "awaited.mjs": answering("awaited"),
  "bad.mjs": FAILING,
  "late.mjs": FAILING,
  "mended.mjs": FAILING,
});

function tokenOf(cli: Cli, port: number): string {
  return JSON.parse(readFileSync(`${cli.stateFolder}/${port}.json`, "utf8")).token as string;
}

describe.concurrent("commands that steer", { timeout: 60_000 }, () => {
  it("start, scale, pin, restart and stop", async ({ shared: { cli } }) => {
    expect(await cli.run("start", "steered")).toMatchObject({ code: 0, stdout: "steered is running\n", stderr: "" });
    expect((await cli.run("scale", "steered", "2")).stdout).toBe("steered is running, 2 replicas\n");
    expect((await cli.run("pin", "steered")).stdout).toBe("steered is running, 2 replicas, pinned\n");
    expect((await cli.run("unpin", "steered")).stdout).toBe("steered is running, 2 replicas\n");
    const before = JSON.parse((await cli.run("get", "steered", "--json")).stdout);
    expect((await cli.run("restart", "steered")).stdout).toMatch(/^steered is running/);
    const after = JSON.parse((await cli.run("get", "steered", "--json")).stdout);
    expect(Date.parse(after.startedAt)).toBeGreaterThan(Date.parse(before.startedAt));
    const stopped = await cli.run("stop", "steered", "--json");
    expect(JSON.parse(stopped.stdout)).toMatchObject({ hostname: "steered", state: "stopped" });
    expect((await cli.run("events", "--type", "stopped", "--json")).stdout).toContain('"hostname":"steered"');
  });

  it("say what the switchboard says against it", async ({ shared: { cli } }) => {
    const start = await cli.run("start", "bad");
    expect(start.stderr).toMatch(/^switchboard: (?!Service).*no database at db:5432/);
    expect(start.code).toBe(1);
    expect((await cli.run("scale", "faulty", "2")).stderr).toBe(
      'switchboard: no server runs for "faulty"; start it first, with switchboard start or a request\n',
    );
    await cli.run("start", "faulty");
    const fault = await cli.run("fault", "faulty", "latency", "--ms", "1000h");
    expect(fault.stderr).toBe("switchboard: ms must be at most 2147483647, got 3600000000\n");
    expect(fault.code).toBe(1);
  });

  it("need the token, which they find, and which they never print", async ({ shared: { cli, port, program } }) => {
    const token = tokenOf(cli, port);
    expect(token).toMatch(/^[\w-]{43}$/);
    await cli.run("start", "shop");
    const wrong = await cli.run("stop", "shop", "--token", "wrong");
    expect(wrong.stderr).toMatch(/^switchboard: the token is not valid; the right one is in its state file, and/);
    expect(wrong.code).toBe(5);
    const fromOutside = await cli.start(["stop", "shop"], { SWITCHBOARD_TOKEN: "wrong" }).exited;
    expect(fromOutside.code).toBe(5);
    const elsewhereAs = { SWITCHBOARD_URL: "http://127.0.0.1:1", SWITCHBOARD_TOKEN: "that of another one" };
    expect((await cli.start(["ls", "--port", String(port)], elsewhereAs).exited).code).toBe(0);
    await using elsewhere = await makeFolder();
    const away = { XDG_STATE_HOME: elsewhere.path };
    const url = ["--url", `http://127.0.0.1:${port}`];
    const look = await cli.start(["ls", ...url], away).exited;
    expect(look.stdout).toContain("shop");
    const without = await cli.start(["stop", "shop", ...url], away).exited;
    expect(without.stderr).toMatch(/give --token or SWITCHBOARD_TOKEN/);
    expect(without.code).toBe(5);
    const given = await cli.start(["stop", "shop", ...url], { ...away, SWITCHBOARD_TOKEN: token }).exited;
    expect(given.stdout).toBe("shop is stopped\n");
    const all = [wrong, look, without, given, await cli.run("status"), await cli.run("open"), await cli.run("doctor")];
    for (const { stdout, stderr } of all) expect(stdout + stderr).not.toContain(token);
    expect(program.stdout + program.stderr).not.toContain(token);
  });

  it("say that a switchboard does not let itself be controlled", async ({ cli }) => {
    await cli.folder.write("closed.config.mjs", "export default { control: false };\n");
    const { port } = await cli.serve("--config", cli.folder.at("closed.config.mjs"));
    expect(tokenOf(cli, port)).toBeUndefined();
    for (const args of [["ls"], ["stop", "shop"], ["events", "-f"]]) {
      const { code, stderr } = await cli.run(...args);
      expect(stderr).toContain("cannot be asked that: its control is off");
      expect(code).toBe(1);
    }
  });

  it("set faults, list and remove them", async ({ cli }) => {
    await cli.serve();
    const made = await cli.run(
      "fault",
      "shop",
      "status",
      "--status",
      "503",
      "--percentage",
      "50",
      "--for",
      "1m",
      "--json",
    );
    const fault = JSON.parse(made.stdout);
    expect(fault).toMatchObject({ hostname: "shop", kind: "status", status: 503, percentage: 50 });
    expect((await cli.run("fault", "*", "latency", "--ms", "0.5s")).stdout).toMatch(
      /^ID +NAME +KIND +FOR +HOW\n\d+ +\* +latency +ever +.*ms 500/,
    );
    expect((await cli.run("fault", "list")).stdout).toMatch(/ shop +status +(?:1m|\d\ds) +.*status 503/);
    expect((await cli.run("get", "shop")).stdout).toMatch(
      /^faults {5}\d+: status, .*status 503.*\n {11}\d+: latency, .*ms 500.*, for every name$/m,
    );
    expect((await cli.run("ls")).stdout).toMatch(/^shop +stopped /m);
    expect((await cli.run("fault", "remove", String(fault.id))).stdout).toBe(`removed ${fault.id}\n`);
    expect((await cli.run("fault", "remove", String(fault.id))).code).toBe(4);
    expect((await cli.run("fault", "remove", "all")).code).toBe(0);
    expect(JSON.parse((await cli.run("fault", "list", "--json")).stdout).faults).toEqual([]);
    expect(await cli.run("fault", "list")).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("no fault is set"),
    });
  });

  it("open a circuit, and close it", async ({ cli }) => {
    await cli.folder.write(
      "guarded.config.mjs",
      `export default { circuitBreaker: {}, app: () => (_request, response) => response.end("hello") };\n`,
    );
    const { port } = await cli.serve("--config", cli.folder.at("guarded.config.mjs"));
    expect((await cli.run("breaker")).stderr).toContain("there is no circuit breaker yet");
    const opened = await cli.start(["open", "shop"], { DISPLAY: "", WAYLAND_DISPLAY: "" }).exited;
    expect(opened).toMatchObject({ stdout: `http://shop.localhost:${port}\n`, code: 0 });
    expect((await cli.run("get", "shop")).stderr).toContain(`a request to http://shop.localhost:${port} starts it`);
    await cli.run("start", "shop");
    expect((await cli.run("breaker", "shop", "open", "--for", "1m")).stdout).toBe("the circuit of shop is open\n");
    expect((await cli.run("breaker")).stdout).toMatch(/^NAME +STATE +PROBE IN\nshop +open +\d/);
    expect((await cli.run("ls")).stdout).toMatch(/^shop +breaker open +inline /m);
    await cli.run("stop", "shop");
    expect((await cli.run("breaker", "shop", "reset")).stdout).toBe("the circuit of shop is closed\n");
    expect(JSON.parse((await cli.run("breaker", "shop", "--json")).stdout).breakers).toMatchObject([
      { state: "closed" },
    ]);
  });
});

describe.concurrent("wait", { timeout: 60_000 }, () => {
  it("starts a server, and returns when it is ready", async ({ shared: { cli } }) => {
    const { code, stdout } = await cli.run("wait", "awaited", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ hostname: "awaited", state: "running" });
    expect(code).toBe(0);
  });

  it("gives up in time, and says what it waited for", async ({ shared: { cli } }) => {
    const { code, stdout, stderr } = await cli.run("wait", "late", "--timeout", "5s");
    expect(stderr).toMatch(/^switchboard: late is not ready after 5\.0 s: .*no database at db:5432/);
    expect(stdout).toBe("");
    expect(code).toBe(6);
  });

  it("starts it once, and again only when its backoff is over, which it leaves as it is", async ({ cli }) => {
    await cli.folder.write(
      "failing.config.mjs",
      `export default {
        app() { throw new Error("no database"); },
        restart: { maxRestarts: 0 },
        hostnames: { late: { restart: { maxRestarts: 0, coolDownMs: 1_500 } } },
      };\n`,
    );
    await cli.serve("--config", cli.folder.at("failing.config.mjs"));
    const starts = async (hostname: string) => {
      const { stdout } = await cli.run("events", "--json", "--type", "starting", "--host", hostname);
      return JSON.parse(stdout).events.length as number;
    };
    const [bad, late] = await Promise.all([
      cli.run("wait", "bad", "--timeout", "4s"),
      cli.run("wait", "late", "--timeout", "6s"),
    ]);
    expect([bad.code, late.code]).toEqual([6, 6]);
    expect(bad.stderr).toContain("no database");
    expect(await starts("bad")).toBe(1);
    const { failure } = JSON.parse((await cli.run("get", "late", "--json")).stdout);
    expect(await starts("late")).toBe(failure.failures);
    expect(failure.failures).toBeGreaterThan(1);
  });

  it("sees that what was wrong is put right", async ({ shared: { cli } }) => {
    const waiting = cli.start(["wait", "mended"]);
    const heard = cli.start(["events", "-f", "--host", "mended"]);
    await heard.until(/no database/);
    await cli.folder.write("apps/mended.mjs", answering("well"));
    const { code, stdout } = await waiting.exited;
    expect(stdout).toMatch(/^state +running$/m);
    expect(stdout).not.toMatch(/^(?:failure|why|output)/m);
    expect(code).toBe(0);
  });
});

describe.concurrent("open", { timeout: 60_000 }, () => {
  it("gives the address to the browser, as one argument", async ({ shared: { cli, port } }) => {
    await cli.folder.write(
      "bin/xdg-open",
      '#!/bin/sh\nprintf "%s|" "$@" > "$OPENED.part"; mv "$OPENED.part" "$OPENED"\n',
    );
    chmodSync(cli.folder.at("bin/xdg-open"), 0o755);
    const opened = cli.folder.at("opened");
    const env = { PATH: `${cli.folder.at("bin")}:${process.env.PATH}`, DISPLAY: ":0", OPENED: opened };
    const { stdout, code } = await cli.start(["open", "shop"], env).exited;
    while (!existsSync(opened)) await pause(10);
    expect(readFileSync(opened, "utf8")).toBe(`http://shop.localhost:${port}|`);
    expect(stdout).toBe(`http://shop.localhost:${port}\n`);
    expect(code).toBe(0);
  });

  it("prints it where there is no browser", async ({ shared: { cli, port } }) => {
    const env = { DISPLAY: "", WAYLAND_DISPLAY: "" };
    const { stdout } = await cli.start(["open", "--json"], env).exited;
    const url = `http://switchboard.localhost:${port}/`;
    expect(JSON.parse(stdout)).toEqual({ url, opened: false });
    expect(await cli.start(["open", "--with-token"], env).exited).toMatchObject({
      stdout: `${url}#token=${tokenOf(cli, port)}\n`,
      stderr: "switchboard: no browser was found here; open that address in one\n",
      code: 0,
    });
  });
});
