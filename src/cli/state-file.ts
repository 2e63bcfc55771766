import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { toTime } from "../base/duration.ts";

/** How a running switchboard is found by those who want to talk to it. */
export interface State {
  pid: number;
  /** Where it listens: `http://127.0.0.1:8000`. */
  url: string;
  port: number;
  /** What lets operators in; absent where nothing can be controlled. */
  token?: string | undefined;
  /** ISO 8601. */
  startedAt: string;
  version: string;
  /** When it began to shut down, and when it will have ended at the latest: ISO 8601. Until then nothing listens, and all is well. */
  draining?: { since: string; until: string } | undefined;
}

/** A state file, and what it says. */
export interface StateFile {
  path: string;
  state: State;
}

/**
 * Where state files are: `$XDG_STATE_HOME/switchboard`, or `~/.local/state/switchboard`. A relative path does not count
 * (XDG Base Directory Specification).
 */
export function stateFolder(): string {
  const { XDG_STATE_HOME: home = "" } = process.env;
  return join(isAbsolute(home) ? home : join(homedir(), ".local", "state"), "switchboard");
}

/** Writes the file of a switchboard, for this user alone, whole or not at all; returns its path. Throws what Node reports. */
export function writeState(state: State): string {
  const folder = stateFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!lstatSync(folder).isSymbolicLink()) chmodSync(folder, 0o700); // it may have been there before
  const name = toName(state);
  const path = join(folder, `${name}.json`);
  const draft = join(folder, `.${name}.${state.pid}`);
  rmSync(draft, { force: true });
  // A new file: an older one might be readable by others, or a link to elsewhere.
  writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
  return path;
}

/** The port; with the address, unless that is the usual one: two can listen on one port at different addresses. */
function toName({ url, port }: State): string {
  const [, host = ""] = /^https?:\/\/(.*):\d+$/.exec(url) ?? [];
  return host === "127.0.0.1" ? String(port) : `${port}-${host.replaceAll(/[^\w.-]/g, "_")}`;
}

/** Removes the file of a switchboard that ends; not the one that another has put in its place. */
export function removeState(path: string, pid: number): void {
  if (readState(path)?.pid === pid) rmSync(path, { force: true });
}

/** Every state file there is, by port. What is no such file is left alone. */
export function listStates(): StateFile[] {
  const folder = stateFolder();
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // no switchboard has run yet
  }
  return names
    .filter((name) => /^\d+(?:-[\w.-]+)?\.json$/.test(name))
    .map((name) => ({ path: join(folder, name), state: readState(join(folder, name)) }))
    .filter((found): found is StateFile => found.state !== undefined)
    .sort((a, b) => a.state.port - b.state.port);
}

/** Whether the process that wrote it still runs; the number may be another one's by now. */
export function isAlive({ pid }: State): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}

/** What is said of a switchboard that shuts down; `undefined` of any other one. */
export function drainOf(state: State): string | undefined {
  const { draining, pid } = state;
  const now = Date.now();
  const leftMs = draining === undefined ? Number.NaN : Date.parse(draining.until) - now;
  if (draining === undefined || !(leftMs > 0) || !isAlive(state)) return undefined;
  const sinceMs = Math.max(0, now - Date.parse(draining.since));
  return `has been draining for ${toTime(sinceMs)}, and takes no new requests; process ${pid} ends in ${toTime(leftMs)} at most`;
}

function readState(path: string): State | undefined {
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as State;
    const isWhole = Number.isInteger(state.pid) && state.pid > 0 && Number.isInteger(state.port);
    return isWhole && URL.canParse(state.url) ? state : undefined;
  } catch {
    return undefined; // removed meanwhile, or something else
  }
}
