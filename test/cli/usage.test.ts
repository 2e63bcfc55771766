import { run } from "effection";
import { describe, expect } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { dispatch } from "../../src/cli/dispatch.ts";
import { UsageError } from "../../src/cli/exit-codes.ts";
import { helpOf } from "../../src/cli/help.ts";
import { cliTest as it } from "../support/cli.ts";
import { Client, get } from "../support/client.ts";

describe.concurrent("the command line", () => {
  it("serves by that name, too, and a module that is called like a command", async ({ cli }) => {
    await cli.folder.write("ls", "module.exports = (_request, response) => response.end('from a module');\n");
    const program = cli.start(["serve", "--port", "0", "--base-port", "0", "--json", cli.folder.at("ls")]);
    const [, port] = await program.until(/"port":(\d+)/);
    const client = new Client(Number(port)).send(get("shop", "/", "Connection: close\r\n"));
    expect(await client.end()).toContain("from a module");
    client.destroy();
  });

  it("has help for each command, also as its option, and lists them all", async ({ cli }) => {
    const all = await cli.run("help");
    expect(all).toMatchObject({ code: 0, stderr: "", stdout: (await cli.run("--help")).stdout });
    for (const command of COMMANDS) expect(all.stdout).toContain(`\n  ${[command.name, ...command.args].join(" ")} `);
    expect((await cli.run("help", "wait")).stdout).toBe((await cli.run("wait", "shop", "--help")).stdout);
    expect((await cli.run("-v")).stdout).toBe((await cli.run("version")).stdout);
    expect((await cli.run("ls", "-h")).stdout).toMatch(/^switchboard ls - .*\n\nUsage: switchboard ls \[options\]\n/);
  });

  it("tells in the help of a command every option, and of no other", () => {
    for (const command of COMMANDS) {
      const options = helpOf(command).split("\nOptions\n")[1] ?? "";
      const told = [...options.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, option]) => option);
      expect(told).toEqual([...Object.keys(command.options), "help"]);
    }
  });

  it.for<[string[], string]>([
    [["lss"], 'there is no command "lss", and no such file; did you mean ls?; see switchboard --help'],
    [["restrt", "shop"], 'there is no command "restrt", and no such file; did you mean restart?'],
    [["evnets"], "did you mean events?"],
    [["blubber"], 'there is no command "blubber", and no such file; see switchboard --help'],
    [["help", "sttaus"], "did you mean status?"],
    [["--watch", "ls"], "the command comes first: switchboard ls ...; a module of that name is ./ls"],
    [["ls", "--serach", "x"], "Unknown option '--serach': did you mean --search?; see switchboard help ls"],
    [["get"], "get needs NAME; see switchboard help get"],
    [["--json", "--port", "1", "ls", "shop"], 'ls takes no argument: "shop" is one too many'],
    [["ls", "shop"], 'ls takes no argument: "shop" is one too many'],
    [["get", "a", "b"], 'get takes NAME: "b" is one too many'],
    [["get", "a b"], '"a b" is no name of an app'],
    [["get", "\u001b[31m"], '"\\u001b[31m" is no name of an app'],
    [["scale", "shop", "many"], 'NUMBER must be a whole number from 1 to 64, got "many"'],
    [["scale", "shop", "0"], 'NUMBER must be a whole number from 1 to 64, got "0"'],
    [["scale", "shop", "-1"], "Unknown option '-1'"],
    [["fault", "shop"], "KIND must be one of latency, status"],
    [["fault", "shop", "latency", "--ms", "-5"], "--ms"],
    [["fault", "shop", "latency"], "fault NAME latency needs --ms; see switchboard help fault"],
    [["fault", "shop", "latency", "--ms", "1x"], "--ms must be a time"],
    [["fault", "remove"], "fault remove needs the ID of a fault"],
    [["breaker", "shop", "shut"], 'what to do must be one of reset, open, got "shut"'],
    [["breaker", "shop", "reset", "--for", "1m"], "--for is only for"],
    [["wait", "shop", "--timeout", "soon"], "--timeout must be a time such as 500ms, 10s, 15m or 2h, got"],
    [["requests", "--status", "6xx"], "--status must be a status such as 404"],
    [["requests", "--outcome", "START_FAILED"], "--outcome must be one of served, refused, failed,"],
    [["requests", "--slow", "1"], "--slow must be a time"],
    [["events", "--limit", "1001"], "--limit must be a whole number from 0 to 1000"],
    [["ls", "--state", "well"], "--state must be one of running"],
    [["ls", "--url", "here"], "--url must be an address such as http://127.0.0.1:8000"],
    [["ls", "--url", "ftp://127.0.0.1"], "--url must be an address"],
    [["ls", "--url", "http://127.0.0.1:1", "--port", "1"], "only one of --url and --port can be given"],
    [["--log-level", "loud"], "--log-level must be one of trace, debug, info"],
    [["--log-format", "xml"], "--log-format must be one of pretty, json"],
    [["--json", "--log-format", "pretty"], "only one of --json and --log-format pretty can be given"],
  ])("refuses %j", async ([args, message]) => {
    const refused = await run(() => dispatch(args)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    const { message: sentence, help } = refused as UsageError;
    expect(`${sentence}; see ${help}`).toContain(message);
    expect(sentence).not.toContain("\n");
  });

  it("refuses with one sentence and exit code 2", async ({ cli }) => {
    const { code, stdout, stderr } = await cli.run("get", "\u001b[31mshop\n");
    expect(stderr).toMatch(
      /^switchboard: "\\u001b\[31mshop\\n" is no name of an app: [^\n]*; see switchboard help get\n$/,
    );
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
