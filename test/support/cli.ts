import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { it as base, type TestAPI } from "vitest";
import { type Folder, makeFolder } from "./folder.ts";
import { type Exit, Program } from "./program.ts";

/** util-linux's `script` gives a program a terminal of its own. */
export const hasTerminal: boolean =
  process.platform === "linux" && spawnSync("script", ["--version"], { stdio: "ignore" }).status === 0;

/** A switchboard that the command serves. */
export interface Served {
  program: Program;
  port: number;
}

/** The command, with state files of its own; what it started ends with the test. */
export class Cli {
  readonly folder: Folder;
  readonly #programs: Program[] = [];

  constructor(folder: Folder) {
    this.folder = folder;
  }

  /** Starts the command. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const own = { XDG_STATE_HOME: this.folder.path, SWITCHBOARD_URL: "", SWITCHBOARD_TOKEN: "", NO_COLOR: "", ...env };
    const program = new Program("dist/cli.js", args, [], "", own);
    this.#programs.push(program);
    return program;
  }

  /** Runs the command to its end. */
  run(...args: string[]): Promise<Exit> {
    return this.start(args).exited;
  }

  /** Serves on a free port, unless the arguments say otherwise. */
  async serve(...args: string[]): Promise<Served> {
    const program = this.start(["--port", "0", "--base-port", "0", "--json", ...args]);
    const [, port] = await program.until(/"type":"listening".*"port":(\d+)/);
    return { program, port: Number(port) };
  }

  /** Runs the command on a terminal that is so wide, and returns what that has shown. `seen` hears of it, and may type. */
  async onTerminal(
    columns: number,
    args: readonly string[],
    seen: (shown: string, type: (keys: string) => void) => void = () => {},
  ): Promise<string> {
    const quoted = ["node", "dist/cli.js", ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
    const terminal = spawn("script", ["-qefc", `stty cols ${columns}; exec ${quoted}`, "/dev/null"], {
      env: { ...process.env, XDG_STATE_HOME: this.folder.path, SWITCHBOARD_URL: "", NO_COLOR: "", NODE_OPTIONS: "" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let shown = "";
    for await (const part of terminal.stdout.setEncoding("utf8")) {
      shown += part.replaceAll("\r", "");
      seen(stripVTControlCharacters(shown), (keys) => terminal.stdin.write(keys));
    }
    return shown;
  }

  /** The names of the state files there are. */
  states(): string[] {
    return readdirSync(this.stateFolder);
  }

  get stateFolder(): string {
    return join(this.folder.path, "switchboard");
  }

  async end(): Promise<void> {
    for (const program of this.#programs) program.kill("SIGKILL");
    await Promise.all(this.#programs.map(({ exited }) => exited));
    await this.folder[Symbol.asyncDispose]();
  }
}

/** A test that has the command. */
export const cliTest: TestAPI<{ cli: Cli }> = base.extend<{ cli: Cli }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from this pattern
  cli: async ({}, use) => {
    const cli = new Cli(await makeFolder());
    await use(cli);
    await cli.end();
  },
});

/** A switchboard that the tests of a file share. */
interface Shared extends Served {
  cli: Cli;
}

/** {@link cliTest} with a switchboard of these apps, by their files: each test of the file uses names of its own there. */
export const sharingTest = (apps: Readonly<Record<string, string>>): TestAPI<{ cli: Cli; shared: Shared }> =>
  cliTest.extend<{ shared: Shared }>({
    shared: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from this pattern
      async ({}, use) => {
        const cli = new Cli(await makeFolder());
        for (const [file, text] of Object.entries(apps)) await cli.folder.write(`apps/${file}`, text);
        await use({ cli, ...(await cli.serve("--apps", cli.folder.at("apps"))) });
        await cli.end();
      },
      { scope: "file" },
    ],
  });
