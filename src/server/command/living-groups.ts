import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { noop } from "../../base/operations.ts";
import { signalGroup } from "./group-members.ts";

/** Each line is the list of the groups that live now; the end of the input is the end of this process. */
const GUARD = 'while read -r line; do groups=$line; done; for group in $groups; do kill -s KILL -- "-$group"; done';

/** The process groups that were started here and live. For a whole process, because its end is. */
const living = new Set<number>();
let guard: ChildProcess | undefined;

/**
 * From now on, `group` does not survive this process: an exit listener kills it, and so does a guard, a small shell
 * that waits for the end of its input, when this process has no chance to (SIGKILL, or a signal that nobody handles).
 *
 * **Lifetime.** Until {@link forgetGroup}. There is one listener and one guard per process, while any group lives.
 */
export function watchGroup(group: number): void {
  if (living.size === 0) {
    process.on("exit", killAll);
    guard = startGuard();
  }
  living.add(group);
  tellGuard();
}

/** The group has ended: its number may belong to somebody else soon. */
export function forgetGroup(group: number): void {
  if (!living.delete(group)) return;
  tellGuard();
  if (living.size > 0) return;
  process.off("exit", killAll);
  guard?.stdin?.end();
  guard = undefined;
}

function killAll(): void {
  for (const group of living) signalGroup(group, "SIGKILL");
}

function tellGuard(): void {
  guard?.stdin?.write(`${[...living].join(" ")}\n`);
}

function startGuard(): ChildProcess {
  // In a session of its own: the Ctrl-C that ends this process must not end it, too.
  const child: ChildProcess = spawn("/bin/sh", ["-c", GUARD], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", noop).unref();
  child.stdin?.on("error", noop);
  (child.stdin as Socket | undefined)?.unref();
  return child;
}
