import { type ChildProcess, spawn } from "node:child_process";
import { type Operation, sleep, withResolvers } from "effection";
import { finishesWithin, noop } from "../../base/operations.ts";
import type { LogRing } from "../log-ring.ts";
import { isGroupAlive, signalGroup } from "./group-members.ts";
import { forgetGroup, watchGroup } from "./living-groups.ts";

/** How long processes and their pipes may take to be gone after SIGKILL; only a kernel that hangs takes longer. */
const KILLED_MS = 1_000;

/** How long after its exit the last output of a process may take. */
const LAST_OUTPUT_MS = 250;

const FIRST_LOOK_MS = 2;
const LONGEST_LOOK_MS = 50;

/** What to run. */
export interface Program {
  file: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** How a process ended, or that it could not be started. */
export type Ending = { code: number } | { signal: NodeJS.Signals } | { error: NodeJS.ErrnoException };

/**
 * A program in a process group of its own, so that all that it starts can be signalled, whoever their parent is by
 * then. A process that leaves the group on purpose (`setsid`, a daemon) is out of reach.
 *
 * **Lifetime.** From the constructor until `stop` returns, which never throws. **Failure.** See `exited`.
 */
export class ProcessGroup {
  /** Missing when it could not be started. */
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #exited = withResolvers<Ending>();
  readonly #closed = withResolvers<void>();
  /** No process is left: the number of the group may belong to somebody else soon, and must not be signalled. */
  #isOver: boolean;

  /** @param log gets the output. */
  constructor({ file, args, cwd, env }: Program, log: LogRing) {
    // Its input is a pipe that stays empty: many dev servers end with their input.
    const child: ChildProcess = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.pid = child.pid;
    this.#isOver = child.pid === undefined;
    child.on("exit", (code, signal) => {
      this.#look();
      this.#exited.resolve(signal === null ? { code: code ?? 0 } : { signal });
    });
    child.on("error", (error) => this.#exited.resolve({ error }));
    child.on("close", () => this.#closed.resolve());
    // There are no pipes when this process has no file descriptors left.
    child.stdin?.on("error", noop);
    child.stdout?.on("data", (bytes: Buffer) => log.write("stdout", bytes)).on("error", noop);
    child.stderr?.on("data", (bytes: Buffer) => log.write("stderr", bytes)).on("error", noop);
    if (child.pid !== undefined) watchGroup(child.pid);
  }

  /** Returns when the process that was started has ended, and its output is in the log. */
  *exited(): Operation<Ending> {
    const ending = yield* this.#exited.operation;
    // What it leaves behind may hold the pipes for longer.
    if (this.pid !== undefined) yield* finishesWithin(LAST_OUTPUT_MS, () => this.#closed.operation);
    return ending;
  }

  /** SIGTERM to all, `graceMs` for them to end, then SIGKILL. Returns when they and their pipes are gone. */
  *stop(graceMs: number): Operation<void> {
    this.#signal("SIGTERM");
    if (!(yield* finishesWithin(graceMs, () => this.#gone()))) this.#signal("SIGKILL");
    yield* finishesWithin(KILLED_MS, () => this.#allGone());
    if (this.pid !== undefined) forgetGroup(this.pid);
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
    this.#child.unref();
  }

  *#allGone(): Operation<void> {
    yield* this.#gone();
    yield* this.#closed.operation;
  }

  /** The system tells of the end of a child, not of a group: that has to be asked for. */
  *#gone(): Operation<void> {
    yield* this.#exited.operation;
    for (let pauseMs = FIRST_LOOK_MS; !this.#look(); pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS)) {
      yield* sleep(pauseMs);
    }
  }

  #look(): boolean {
    if (!this.#isOver && this.pid !== undefined && !isGroupAlive(this.pid)) {
      this.#isOver = true;
      forgetGroup(this.pid);
    }
    return this.#isOver;
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#isOver && this.pid !== undefined) signalGroup(this.pid, signal);
  }
}
