import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** How a program ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program of this repository, in a process of its own. */
export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";
  #changed: (() => void)[] = [];

  /** `cwd` is below the root of the repository. */
  constructor(
    file: string,
    args: readonly string[] = [],
    command: readonly string[] = [],
    cwd = "",
    env: Readonly<Record<string, string>> = {},
  ) {
    const [run = process.execPath, ...before] = command;
    const flags = file.endsWith(".ts") ? ["--import", "tsx"] : [];
    this.child = spawn(
      run,
      [...before, ...(command.length > 0 ? [process.execPath] : []), ...flags, join(ROOT, file), ...args],
      {
        cwd: join(ROOT, cwd),
        env: { ...process.env, NODE_OPTIONS: "", ...env },
      },
    );
    this.child.stdout?.on("data", (data) => this.#add("stdout", data));
    this.child.stderr?.on("data", (data) => this.#add("stderr", data));
    this.exited = new Promise((resolve) => {
      this.child.on("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#wake();
      });
    });
  }

  /** Waits for output that matches, and returns the match; fails when the program ends without it. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.child.exitCode !== null) throw new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #add(stream: "stdout" | "stderr", data: Buffer): void {
    this[stream] += data.toString();
    this.#wake();
  }

  #wake(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}
