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

/** The ports that the processes of a group listen on. Only Linux tells. */
export function findPorts(group: number): number[] {
  if (process.platform !== "linux") return [];
  const members = listProcesses().filter((found) => found.group === group);
  const sockets = new Set(members.flatMap(openFiles));
  const found = ["tcp", "tcp6"].flatMap(listListening).filter(({ socket }) => sockets.has(socket));
  return [...new Set(found.map(({ port }) => port))].sort((a, b) => a - b);
}

function findListening(host: string, port: number): Set<string> {
  const found = new Set<string>();
  for (const [file, addresses] of Object.entries(REACHED[host] ?? {})) {
    for (const { address, port: own, socket } of listListening(file)) {
      if (own === port && addresses.includes(address)) found.add(socket);
    }
  }
  return found;
}

interface Listening {
  address: string;
  port: number;
  /** As a link in `/proc/PID/fd` names it. */
  socket: string;
}

function listListening(file: string): Listening[] {
  const lines = readText(`/proc/net/${file}`).split("\n");
  return lines.flatMap((line): Listening[] => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== LISTENS) return [];
    const [address = "", port = ""] = (fields[1] as string).split(":");
    return [{ address, port: Number.parseInt(port, 16), socket: `socket:[${fields[9]}]` }];
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // no IPv6 here
  }
}

function holds(found: ProcessFacts, sockets: ReadonlySet<string>): boolean {
  return openFiles(found).some((file) => sockets.has(file));
}

function openFiles({ pid }: ProcessFacts): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // of another user, or it has ended
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
