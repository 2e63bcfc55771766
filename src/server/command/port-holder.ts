import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { listProcesses, type ProcessFacts } from "./group-members.ts";

/** In `/proc/net/tcp` and `tcp6`, as in man 5 proc: the state of a socket that listens. */
const LISTENS = "0A";

/** How the addresses are written there that a connection to a loopback address can reach, by the name of the file. */
const REACHED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "127.0.0.1": {
    tcp: ["0100007F", "00000000"],
    tcp6: ["0000000000000000FFFF00000100007F", "00000000000000000000000000000000"],
  },
  "::1": { tcp6: ["00000000000000000000000001000000", "00000000000000000000000000000000"] },
};

/**
 * The process that listens on an address although it is older than `group`, and none of it: it cannot be what the group
 * was started for. Only Linux tells. `undefined` also when that is not known, as with a process of another user: a
 * younger one may serve the group's port in its place, as Docker does.
 */
export function findOlderHolder(group: number, { host, port }: { host: string; port: number }): number | undefined {
  if (process.platform !== "linux") return undefined;
  const sockets = findListening(host, port);
  if (sockets.size === 0) return undefined;
  const processes = listProcesses();
  const members = processes.filter((found) => found.group === group);
  if (members.length === 0 || members.some((member) => holds(member, sockets))) return undefined;
  const since = Math.min(...members.map(({ startedAt }) => startedAt));
  const older = processes.filter((found) => found.group !== group && found.startedAt < since);
  return older.find((other) => holds(other, sockets))?.pid;
}

/** The process that listens there. Only Linux tells, and only of processes of this user; `undefined` when it is not known. */
export function findHolder({ host, port }: { host: string; port: number }): ProcessFacts | undefined {
  if (process.platform !== "linux") return undefined;
  const sockets = findListening(host, port);
  return sockets.size === 0 ? undefined : listProcesses().find((found) => holds(found, sockets));
}

function findListening(host: string, port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const found = new Set<string>();
  for (const [file, addresses] of Object.entries(REACHED[host] ?? {})) {
    const lines = readText(`/proc/net/${file}`).split("\n");
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      const listens = fields[3] === LISTENS && addresses.some((address) => fields[1] === `${address}:${hex}`);
      if (listens) found.add(`socket:[${fields[9]}]`);
    }
  }
  return found;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // no IPv6 here
  }
}

function holds({ pid }: ProcessFacts, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readLink(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // of another user, or it has ended
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
