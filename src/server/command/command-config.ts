import { resolve } from "node:path";
import { SwitchboardError } from "../../base/errors.ts";
import { checkHostname } from "../../base/hostname.ts";
import { noop } from "../../base/operations.ts";
import { checkKnownOptions, fail, functionOption, textOption } from "../../base/options.ts";
import { type Environment, envOption, isClean } from "../environment.ts";
import type { PortChoice } from "../listen.ts";
import { LogRing } from "../log-ring.ts";
import { type Grace, graceOption } from "../outside-server.ts";
import type { Command } from "./command-line.ts";

/**
 * What says that a command is ready: something accepts connections on its port (`tcp`), or answers a GET of a path with
 * a status below 500 (`path`), or it prints a line that matches, and then accepts connections (`log`).
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** None: plain data.
 */
export type Readiness = { tcp: true } | { path: string } | { log: RegExp | string };

/**
 * Options of {@link useCommandServer}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface CommandServerConfig {
  /**
   * What to run, in the foreground: a line for `/bin/sh`, such as `"npm run dev"`, or a program and its arguments, which
   * no shell sees. `{port}`, `{host}` and `{hostname}` in it are replaced.
   */
  command: Command;
  /** The routing name the server is for. */
  hostname: string;
  /** The directory to run it in. @default that of this process */
  cwd?: string | undefined;
  /**
   * Variables for its environment, beside those of this process; `undefined` takes one away. `PORT`, `HOST` and
   * `SWITCHBOARD_HOSTNAME` are always set. @default none
   */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What says that it is ready. @default { tcp: true } */
  ready?: Readiness | undefined;
  /** How long its processes may take to end after SIGTERM; then they get SIGKILL. @default 10000 */
  graceMs?: Grace | undefined;
  /** Which ports it can be given. @default any free one */
  ports?: PortChoice | undefined;
  /** Gets its output: one that the caller has can be read after a failed start, too. A new one for each start. @default a new one */
  log?: LogRing | undefined;
  /** Hears what it waits for until it is ready, for whoever sets the deadline. @default nobody */
  notYet?: ((why: string) => void) | undefined;
}

/** {@link CommandServerConfig} after its check. */
export interface CommandSettings {
  command: Command;
  hostname: string;
  cwd: string;
  env: Environment;
  ready: Readiness;
  graceMs(): number;
  ports: PortChoice;
  log: LogRing;
  notYet(why: string): void;
}

const OPTIONS = ["command", "hostname", "cwd", "env", "ready", "graceMs", "ports", "log", "notYet"];

/** Checks the options, before anything is started. */
export function resolveCommandServer(config: CommandServerConfig): CommandSettings {
  if (process.platform === "win32") throw new SwitchboardError("START_FAILED", NO_GROUPS);
  checkKnownOptions("useCommandServer", config, OPTIONS);
  return {
    command: commandOption(config.command),
    hostname: checkHostname(config.hostname),
    cwd: resolve(cleanText("cwd", config.cwd ?? ".")),
    env: envOption("env", config.env ?? {}),
    ready: readyOption(config.ready ?? { tcp: true }),
    graceMs: graceOption(config.graceMs),
    ports: portsOption(config.ports ?? ANY_PORT),
    log: config.log ?? new LogRing(),
    notYet: functionOption("notYet", config.notYet ?? noop),
  };
}

const NO_GROUPS = "a command cannot be run on Windows, which has no process groups to stop it by; use WSL, or an app";

const ANY_PORT: PortChoice = {
  take: () => 0,
  busy() {
    throw new SwitchboardError("PORTS_EXHAUSTED", "the operating system has no free port left; stop some servers");
  },
};

function commandOption(command: unknown): Command {
  const isList = Array.isArray(command) && command.length > 0;
  if (!isList) return cleanText("command", command);
  const [file, ...args] = command as unknown[];
  cleanText("command[0]", file);
  for (const [i, argument] of args.entries()) {
    if (!isClean(argument)) fail(`command[${i + 1}]`, "text without a NUL character", argument);
  }
  return [...(command as string[])];
}

function readyOption(ready: unknown): Readiness {
  const rule = "{ tcp: true }, { path: text that begins with / } or { log: text or a RegExp }";
  if (typeof ready !== "object" || ready === null || Object.keys(ready).length !== 1) return fail("ready", rule, ready);
  const { tcp, path, log } = ready as { tcp?: unknown; path?: unknown; log?: unknown };
  if (tcp === true) return { tcp };
  if (typeof path === "string" && /^\/[\x21-\x7e]*$/.test(path)) return { path };
  if (log instanceof RegExp || (typeof log === "string" && log !== "")) return { log };
  return fail("ready", rule, ready);
}

function portsOption(ports: PortChoice): PortChoice {
  const isChoice = typeof ports?.take === "function" && typeof ports.busy === "function";
  return isChoice ? ports : fail("ports", "an object with the functions take and busy", ports);
}

function cleanText(option: string, value: unknown): string {
  const text = textOption(option, value);
  return isClean(text) ? text : fail(option, "text without a NUL character", value);
}
