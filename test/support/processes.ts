import { spawnSync } from "node:child_process";

/** The processes of a group that have not ended, as `ps` sees them. */
export function processesOf(group: number): string[] {
  if (!exists(group)) return [];
  const { stdout } = spawnSync("ps", ["-eo", "pgid=,pid=,stat=,args="], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => {
    const [pgid, , state = ""] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith("Z");
  });
}

/** Returns when a group has ended; fails after two seconds, which is a guard only. */
export async function ended(group: number): Promise<void> {
  for (const guard = performance.now() + 2_000; ; ) {
    const left = processesOf(group);
    if (left.length === 0) return;
    if (performance.now() > guard) throw new Error(`group ${group} still has ${left.join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether it has a process, or a zombie of one: mostly there is none, and `ps` looks at all of the machine. */
function exists(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
