import { readdirSync, readFileSync } from "node:fs";

/** A process, as Linux describes it in `/proc/PID/stat` (man 5 proc). */
export interface ProcessFacts {
  pid: number;
  group: number;
  /** A zombie has ended, but its parent has not asked yet. */
  zombie: boolean;
  /** When it was started, in clock ticks since the boot. */
  startedAt: number;
}

/** Sends a signal to every process of a group; to none when it has ended. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended, or has become another user's.
  }
}

/**
 * Whether a group has a process that still runs. A zombie does not count: a group of orphans keeps its zombies for
 * ever where nobody adopts them, as in a container whose first process is Node.
 */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  return listProcesses().some((found) => found.group === group && !found.zombie);
}

/** Every process of this machine. Linux only. */
export function listProcesses(): ProcessFacts[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.map(readProcess).filter((found) => found !== undefined);
}

function readProcess(pid: number): ProcessFacts | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // it has ended meanwhile
  }
  // The second field is the name, in parentheses: it may have spaces, and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group] = fields;
  return { pid, group: Number(group), zombie: state === "Z" || state === "X", startedAt: Number(fields[19]) };
}
