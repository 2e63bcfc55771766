import { execFile } from "node:child_process";
import { join, resolve as resolvePath } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Runs a file, of this repository unless its path is absolute, in a process of its own; a status other than 0 is a result, too. */
export function runFile(
  file: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
  cwd: string = ROOT,
  timeoutMs = 55_000,
): Promise<Exit> {
  const env = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" };
  // Set by vitest for its workers: the child is none.
  for (const name of ["VITEST", "VITEST_MODE", "VITEST_POOL_ID", "VITEST_WORKER_ID", "NODE_ENV", "FORCE_COLOR"])
    delete env[name as never];
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: timeoutMs, killSignal: "SIGKILL" } as const;
    execFile(process.execPath, [...flags, resolvePath(ROOT, file), ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : null, stdout, stderr });
    });
  });
}

/** How it ended: `null` when it was killed. */
interface Exit {
  code: number | null;
  stdout: string;
  stderr: string;
}
