import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect } from "vitest";
import { cliTest as it } from "../support/cli.ts";
import { Client, get } from "../support/client.ts";

interface Line {
  level: string;
  time: string;
  type: string;
  hostname?: string;
  ms?: number;
}

/** Often enough, and the program that is waited for has the processor. */
const LOOK_EVERY_MS = 10;

const SLOW_APP = "test/fixtures/slow-app.mjs";

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

async function ask(port: number, hostname: string, path = "/", fields = ""): Promise<string> {
  const client = new Client(port).send(get(hostname, path, `Connection: close\r\n${fields}`));
  const answer = await client.end();
  client.destroy();
  return answer;
}

describe.concurrent("the log", () => {
  it("has a level and a time on each line, and never the token", async ({ cli }) => {
    const { program, port } = await cli.serve("--log-level", "trace", SLOW_APP);
    await ask(port, "shop");
    await ask(port, "shop", "/throw");
    const { token } = JSON.parse(readFileSync(`${cli.stateFolder}/${port}.json`, "utf8"));
    program.kill("SIGTERM");
    const { stdout, stderr } = await program.exited;
    const lines = linesOf(stdout);
    for (const { level, time } of lines) {
      expect(level).toMatch(/^(?:debug|info|warn|error)$/);
      expect(new Date(time).toISOString()).toBe(time);
    }
    expect(lines.find(({ type }) => type === "uncaught")?.level).toBe("error");
    expect(lines.find(({ type }) => type === "request")?.level).toBe("debug");
    expect(lines.at(-1)).toMatchObject({ type: "report" });
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(stdout + stderr).not.toContain(token);
  });

  it("tells of requests where they are asked for, with their id, and of the last ones before the report", async ({
    cli,
  }) => {
    const { program, port } = await cli.serve("--log-requests", SLOW_APP);
    await ask(port, "shop", "/?b=c", "X-Request-Id: mine-1\r\n");
    const slow = new Client(port).send(get("shop", "/slow"));
    await slow.until("102 Processing");
    program.kill("SIGTERM");
    expect(await slow.end()).toContain("slow but done");
    slow.destroy();
    const lines = linesOf((await program.exited).stdout);
    const requests = lines.filter(({ type }) => type === "request");
    expect(requests[0]).toEqual({
      level: "info",
      time: expect.any(String),
      type: "request",
      id: "mine-1",
      client: "127.0.0.1",
      hostname: "shop",
      method: "GET",
      path: "/?b=c",
      status: 200,
      outcome: "served",
      ms: expect.any(Number),
    });
    expect(requests).toHaveLength(2);
    expect(lines.findLastIndex(({ type }) => type === "request")).toBeLessThan(lines.length - 1);
    expect(lines.at(-1)?.type).toBe("report");
  });

  it("leaves out requests unless they are asked for, and what matters less than --log-level", async ({ cli }) => {
    const { program, port } = await cli.serve(SLOW_APP);
    await ask(port, "shop");
    program.kill("SIGTERM");
    expect((await program.exited).stdout).not.toContain('"type":"request"');
    const quiet = cli.start(["--port", String(port), "--base-port", "0", "--log-level", "error", SLOW_APP]);
    while (cli.states().length === 0) await pause(LOOK_EVERY_MS);
    await ask(port, "shop", "/throw");
    quiet.kill("SIGTERM");
    const { stdout } = await quiet.exited;
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d error {4}an app did not catch: Error: thrown from a timer\n/);
    expect(stdout).not.toContain("Switchboard");
  });

  it("says nothing at all when it is to be silent", async ({ cli }) => {
    const program = cli.start(["--port", "0", "--base-port", "0", "--log-level", "silent", SLOW_APP]);
    while (!(await hasState(cli))) await pause(LOOK_EVERY_MS);
    program.kill("SIGTERM");
    expect(await program.exited).toMatchObject({ code: 143, stdout: "", stderr: "" });
  });

  it("shows people what an app says, and nothing that their terminal might obey", async ({ cli }) => {
    await cli.folder.write("app.mjs", 'export default () => { throw new Error("no \\u001b]0;owned\\u0007 way"); };');
    const program = cli.start(["--port", "0", "--base-port", "0", cli.folder.at("app.mjs")]);
    const [, port] = await program.until(/127\.0\.0\.1:(\d+)/);
    await ask(Number(port), "shop");
    await program.until(/error {4}shop: no {2}way|error {4}shop: no \\u001b\]0;owned\\u0007 way/);
    expect(program.stdout).not.toContain("\u001b");
    expect(program.stdout).not.toContain("\u0007");
  });

  it("loses nothing at the end, however slowly it is read", async ({ cli }) => {
    const { program, port } = await cli.serve("--log-requests", SLOW_APP);
    program.child.stdout?.pause();
    const client = new Client(port);
    const path = `/${"x".repeat(500)}`;
    for (let i = 0; i < 600; i += 1) client.send(get("shop", path));
    client.send(get("shop", "/", "Connection: close\r\n"));
    await client.end();
    client.destroy();
    program.kill("SIGTERM");
    program.child.stdout?.resume();
    const lines = linesOf((await program.exited).stdout);
    expect(lines.filter(({ type }) => type === "request")).toHaveLength(601);
    expect(lines.at(-1)?.type).toBe("report");
  });

  it("waits for no reader: what is too much is lost, and counted", async ({ cli }) => {
    await cli.folder.write(
      "loud.mjs",
      `export default () => (_request, response) => {
        response.end("ok");
        setImmediate(() => { throw new Error("x".repeat(1_000_000)); });
      };`,
    );
    const { program, port } = await cli.serve(cli.folder.at("loud.mjs"));
    program.child.stdout?.pause();
    for (let i = 0; i < 10; i += 1) expect(await ask(port, "shop")).toContain("ok");
    program.child.stdout?.resume();
    while (!/"type":"lost","lost":[1-9]/.test(program.stdout)) await ask(port, "shop");
    program.kill("SIGTERM");
    const lines = linesOf((await program.exited).stdout);
    expect(lines.at(-1)?.type).toBe("report");
  });
});

async function hasState(cli: { states(): string[] }): Promise<boolean> {
  try {
    return cli.states().length > 0;
  } catch {
    return false; // not even the folder
  }
}
