import { readFileSync } from "node:fs";
import { it as base, describe, expect } from "vitest";
import { serve } from "../../src/cli/commands/serve.ts";
import { parseCommand } from "../../src/cli/parse.ts";
import { toServeArguments } from "../../src/cli/serve/arguments.ts";
import { Client, get } from "../support/client.ts";
import { answering, makeFolder } from "../support/folder.ts";
import { Program } from "../support/program.ts";

const CONFIGURED = "test/fixtures/configured";

/** A test that can start the command in a directory of the repository; what it started ends with it. */
const it = base.extend<{ start: (cwd: string, ...args: string[]) => Program }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from this pattern
  start: async ({}, use) => {
    const programs: Program[] = [];
    await use((cwd, ...args) => {
      const program = new Program("dist/cli.js", args, [], cwd);
      programs.push(program);
      return program;
    });
    for (const program of programs) program.kill("SIGTERM");
    await Promise.all(programs.map(({ exited }) => exited));
  },
});

async function listening(program: Program): Promise<number> {
  return Number((await program.until(/http:\/\/[^/]*:(\d+)$/m))[1]);
}

async function text(port: number, hostname: string): Promise<string> {
  const client = new Client(port).send(get(hostname, "/", "Connection: close\r\n"));
  const answer = await client.end();
  client.destroy();
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

describe.concurrent("switchboard with apps", () => {
  it("serves a folder of apps, names one of them at its start, and restarts what has changed", async ({ start }) => {
    await using folder = await makeFolder({ "shop.mjs": answering("one") });
    const program = start("", "--port", "0", "--base-port", "0", "--apps", folder.path, "--watch");
    const port = await listening(program);
    expect(program.stdout).toContain(`http://shop.localhost:${port}`);
    expect(program.stdout).toContain(`App    ${folder.path}\n`);
    expect(await text(port, "shop")).toContain("one");
    await folder.write("shop.mjs", answering("two"));
    await program.until(/ changed {2}shop: .*shop\.mjs$/m);
    expect(await text(port, "shop")).toContain("two");
    expect(await text(port, "other")).toContain("the names that exist: shop");
    program.kill("SIGINT");
    expect(await program.exited).toMatchObject({ code: 130, stderr: "" });
  });

  it("takes its options and apps from the config file of its directory", async ({ start }) => {
    const program = start(CONFIGURED);
    const port = await listening(program);
    expect(program.stdout).toContain(`http://home.localhost:${port}`);
    expect(program.stdout).toContain("App    2 in the config file");
    const client = new Client(port).send("GET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n");
    expect(await client.end()).toContain("home from the config file");
    client.destroy();
    expect(await text(port, "a.docs")).toContain("hello from a command");
    await program.until(/ stopping a\.docs \(nobody used it\)/);
    program.kill("SIGTERM");
    expect((await program.exited).stderr).toBe("heard of it\nheard of it\n");
  });

  it("lets options of the command line win over the config file", async ({ start }) => {
    const program = start(CONFIGURED, "--apps", "apps", "--domain", "localhost", "--config", "switchboard.config.ts");
    const port = await listening(program);
    expect(program.stdout).toContain(`http://home.localhost:${port}`);
    expect(await text(port, "a.docs")).toContain("the names that exist: home");
    const app = start(CONFIGURED, "../slow-app.mjs");
    expect(await text(await listening(app), "any")).toContain("hello from any");
  });

  it("takes a config file from elsewhere, also a plain object, with its own folder for its paths", async ({
    start,
  }) => {
    const program = start("", "--port", "0", "--config", `${CONFIGURED}/plain.config.mjs`);
    expect(await text(await listening(program), "home")).toContain("home from the config file");
  });

  it("writes requests to the file of the config file, in the folder of that", async ({ start }) => {
    await using folder = await makeFolder({
      "plain.mjs": "export default { port: 0, basePort: 0, observe: { file: 'logs/requests.ndjson' } };\n",
    });
    const program = start("", "--config", folder.at("plain.mjs"));
    await text(await listening(program), "shop");
    program.kill("SIGTERM");
    await program.exited;
    expect(JSON.parse(readFileSync(folder.at("logs/requests.ndjson"), "utf8"))).toMatchObject({ hostname: "shop" });
  });

  it("passes on only what is said: the rest is the config file's, and a command has its own time to start", () => {
    const parseArguments = (args: string[]) => toServeArguments(parseCommand(serve, args));
    expect(parseArguments([]).given).toEqual({});
    const given = { watch: true, port: 0, startTimeoutMs: 5_000, pinned: ["a", "b"] };
    const args = ["--watch", "--port", "0", "--start-timeout", "5s", "--pin", "a", "--pin", "b"];
    expect(parseArguments(args).given).toEqual(given);
  });

  it.for<[string[], RegExp, number]>([
    [
      ["--config", "unknown.config.ts"],
      /^switchboard: cannot load unknown.config.ts: apps\['home'\], which has module, has no option 'replica'; did you mean 'replicas'\?/,
      1,
    ],
    [
      ["--config", "no-folder.config.mjs"],
      /^switchboard: cannot load no-folder.config.mjs: apps must be the path of a folder that exists, got '.*nowhere'\n/,
      1,
    ],
    [
      ["--config", "no-default.config.mjs"],
      /^switchboard: cannot load no-default.config.mjs: its default export must be an object of options, .* got undefined\n/,
      1,
    ],
    [["--config", "no.config.ts"], /^switchboard: cannot load no.config.ts: there is no file /, 1],
    [["--apps", "nowhere"], /^switchboard: --apps must be the path of a folder that exists, got 'nowhere'; see/, 2],
    [
      ["--apps", "apps", "app.ts"],
      /^switchboard: only one of a module and --apps can be given, got app.ts and apps; /,
      2,
    ],
    [
      ["--apps", "../slow-app.mjs"],
      /^switchboard: --apps must be a folder, got the file ..\/slow-app.mjs; an app for every name is given without --apps; see/,
      2,
    ],
    [
      ["--watch", "../slow-app.mjs"],
      /^switchboard: --watch needs --apps, or a config file with apps: it is their files that it watches; see/,
      2,
    ],
  ])("refuses %j with one sentence", async ([args, message, status], { start }) => {
    const { code, stdout, stderr } = await start(CONFIGURED, ...args).exited;
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(status);
  });
});
