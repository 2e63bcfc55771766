import { type ChildProcess, execFileSync, fork, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { action, ensure, type Operation, resource } from "effection";

/**
 * A TypeScript program in a process of its own.
 *
 * **Lifetime.** Ready with the first message that the program sends; killed when the caller ends.
 * **Failure.** Throws when the program exits before it has sent one.
 */
export function useProgram<T>(
  file: URL,
  args: readonly (string | number)[],
  flags: readonly string[] = [],
): Operation<T> {
  return resource(function* (provide) {
    const child = fork(file, args.map(String), {
      execArgv: [...process.execArgv, ...flags],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    yield* useChild(child);
    yield* provide(yield* firstMessage<T>(file, child));
  });
}

/** A command in a process of its own, killed when the caller ends. What it says is thrown away unless it is piped. */
export function* useCommand(command: string, args: readonly string[], options: SpawnOptions): Operation<ChildProcess> {
  const child = spawn(command, args, options);
  yield* useChild(child);
  return child;
}

/** Returns when `child` has exited, with its status. */
export function exited(child: ChildProcess): Operation<number | null> {
  return action((resolve) => {
    child.on("close", resolve);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      queueMicrotask(() => resolve(child.exitCode));
    }
    return () => child.off("close", resolve);
  }, "exited");
}

/** A new directory, removed when the caller ends. */
export function* useTemporaryDirectory(): Operation<string> {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
  yield* useRelease(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A port that was free a moment ago: for programs that cannot say which one the system gave them. */
export function freePort(): Operation<number> {
  return action((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
    return () => server.close();
  }, "freePort");
}

/** Whether `command` is on the path. */
export function isInstalled(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function* useChild(child: ChildProcess): Operation<void> {
  const onError = () => {}; // a command that cannot be started: it has no pid and never answers
  child.on("error", onError);
  yield* ensure(() => exited(child));
  yield* useRelease(() => void child.kill("SIGKILL"));
}

function firstMessage<T>(file: URL, child: ChildProcess): Operation<T> {
  return action((resolve, reject) => {
    const onMessage = (message: unknown) => resolve(message as T);
    const onExit = (code: number | null) =>
      reject(new Error(`${file.pathname} ended with ${code} before it was ready`));
    child.on("message", onMessage).on("exit", onExit);
    return () => child.off("message", onMessage).off("exit", onExit);
  }, "firstMessage");
}

/** Has `release` run when the caller ends, and also when this process exits in any other way. */
function* useRelease(release: () => void): Operation<void> {
  process.on("exit", release);
  yield* ensure(() => {
    process.off("exit", release);
    release();
  });
}
