import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Block, ROOT } from "./page.ts";

const TUTORIAL_COMMAND = /^npm run tutorial -- ([\w/-]+)$/;
/** tsx, as npm would have it; or, in tests, what saves its start. */
const LOADER = process.env.SWITCHBOARD_COMPILED === undefined ? "tsx" : join(import.meta.dirname, "compiled.mjs");
/** Only a guard for failures: nothing waits for it when all is well. */
const LIMIT_MS = 60_000;

/**
 * What a page shows of a terminal, tried in order in one sitting.
 *
 * A block is commands (`$ ...`) with their output. `^C` is pressed when the lines before it are there. A block
 * with the word `background` leaves its program running; a later block that begins without a command goes on
 * with it. Ports differ each time: those a page shows stand for those that are printed, in later commands, too.
 */
export class Session {
  #running: Running | undefined;
  #status = 0;
  #ports = new Map<string, string>();

  /** Tries a block, and returns what it should show. */
  async play({ info, lines }: Block): Promise<string[]> {
    const steps = toSteps(lines);
    const shown: string[] = [];
    for (const [i, { command, output }] of steps.entries()) {
      const stays = i === steps.length - 1 && info.includes("background");
      if (command !== undefined) shown.push(`$ ${command}`);
      const printed = await this.#run(command, output, stays);
      for (const [j, line] of output.entries()) this.#learn(line, printed[j] ?? "");
      shown.push(...printed);
    }
    return shown;
  }

  /** Ends what still runs. */
  async end(): Promise<void> {
    this.#running?.child.kill("SIGKILL");
    if (this.#running !== undefined) throw new Error("a program still runs when the page ends: show its ^C");
    this.#checkStatus("the end of the page");
  }

  async #run(command: string | undefined, output: readonly string[], stays: boolean): Promise<string[]> {
    if (command === "echo $?") return [String(this.#takeStatus())];
    if (command !== undefined) this.#checkStatus(`"${command}"`);
    const running = command === undefined ? this.#running : new Running(this.#localize(command));
    if (running === undefined) throw new Error("a block without a command needs a program in the background");
    this.#running = stays ? running : this.#running;
    const interrupt = output.indexOf("^C");
    const before = interrupt === -1 ? output.length : interrupt;
    if (stays || interrupt !== -1) await running.printed(before);
    if (stays) return running.take();
    const first = interrupt === -1 ? [] : [...running.take(), "^C"];
    if (interrupt !== -1) running.child.kill("SIGINT");
    const status = await running.ended;
    if (running === this.#running) this.#running = undefined;
    this.#status = status;
    return [...first, ...running.take()];
  }

  #takeStatus(): number {
    const status = this.#status;
    this.#status = 0;
    return status;
  }

  /** A program that failed is not passed over in silence. */
  #checkStatus(next: string): void {
    if (this.#status !== 0) throw new Error(`before ${next} a command ended with ${this.#status}: show $ echo $?`);
  }

  /** The command with the ports of this time. */
  #localize(command: string): string {
    return command.replaceAll(/\b\d{4,5}\b/g, (port) => this.#ports.get(port) ?? port);
  }

  #learn(shown: string, printed: string): void {
    const ports = [...printed.matchAll(PORT)].map(([, port = ""]) => port);
    for (const [i, [, port = ""]] of [...shown.matchAll(PORT)].entries()) this.#ports.set(port, ports[i] ?? port);
  }
}

const PORT = /(?:port |:)(\d{4,5})\b/g;

/** Lines without what differs each time: ports, and all numbers in a block with the word `varies`. */
export function withoutChance(lines: readonly string[], info: readonly string[]): string[] {
  return lines.map((line) => {
    const fixed = line.replaceAll(PORT, (found, port) => found.replace(port, "<port>"));
    return info.includes("varies") ? fixed.replaceAll(/\d+(?:[.,]\d+)*/g, "<number>") : fixed;
  });
}

function toSteps(lines: readonly string[]): { command: string | undefined; output: string[] }[] {
  const steps: { command: string | undefined; output: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("$ ")) steps.push({ command: line.slice(2), output: [] });
    else if (steps.length === 0) steps.push({ command: undefined, output: [line] });
    else steps.at(-1)?.output.push(line);
  }
  return steps;
}

/** A command that runs. */
class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  #text = "";
  #wake: () => void = () => {};

  constructor(command: string) {
    const program = TUTORIAL_COMMAND.exec(command)?.[1];
    const args = ["--import", LOADER, "tutorial/run.ts", program ?? ""];
    const direct = command.replace(/^npx /, "node_modules/.bin/"); // npx takes half a second to come to the same
    const env = { ...process.env, PORT: "0", NO_COLOR: "1", NODE_OPTIONS: "", VITEST: undefined, NODE_ENV: undefined };
    const options: SpawnOptions = { cwd: ROOT, env, stdio: ["ignore", "pipe", "ignore"], timeout: LIMIT_MS };
    this.child = program === undefined ? spawn("sh", ["-c", direct], options) : spawn(process.execPath, args, options);
    (this.child.stdout as Readable).on("data", (data) => {
      this.#text += data;
      this.#wake();
    });
    this.ended = once(this.child, "close").then(([code, signal]) => {
      this.#wake();
      return (code as number | null) ?? fail(`"${command}" was ended by ${signal}`);
    });
    this.ended.catch(() => {});
  }

  /** Returns when so many lines were printed that nobody has taken, or the program has ended. */
  async printed(count: number): Promise<void> {
    while (this.#text.split("\n").length <= count && this.child.exitCode === null && this.child.signalCode === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The lines that nobody has taken. */
  take(): string[] {
    const text = this.#text.replace(/\n$/, "");
    this.#text = "";
    return text === "" ? [] : text.split("\n");
  }
}

function fail(message: string): never {
  throw new Error(message);
}
