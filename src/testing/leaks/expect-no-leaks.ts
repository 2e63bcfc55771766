import type { EventEmitter } from "node:events";
import { durationOption } from "../../base/options.ts";
import { watchListeners } from "./listeners.ts";
import { isRecorded, Recording, record, startRecording } from "./recording.ts";

/**
 * Options of {@link expectNoLeaks}.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A value that is no duration rejects with `INVALID_OPTION` before the body runs.
 */
export interface LeakOptions {
  /** Emitters to watch besides `process` and its streams, by the name that the message gives them. @default none */
  emitters?: Record<string, EventEmitter> | undefined;
  /** How long what is about to end may take, in milliseconds. @default 2000 */
  settleMs?: number | undefined;
}

/** As they are when this module is loaded: a test may have fake timers. */
const { setTimeout, setImmediate } = globalThis;
/** How long to wait before looking again, at most. */
const LOOK_MS = 20;

/**
 * Runs `body`, and fails when something that it made is left afterwards: servers, sockets, timers, child processes,
 * worker threads, file watchers, or listeners on `process`, its streams and `emitters`. What others make meanwhile
 * does not count, so tests may run concurrently.
 *
 * **Lifetime.** Resolves with what `body` returns as soon as nothing is left.
 *
 * **Failure.** Rejects as `body` does;
 * otherwise, after `settleMs`, with a message that has a line for each thing that is left, and where it was created.
 *
 * ```ts
 * await expectNoLeaks(async () => {
 *   await using board = await createSwitchboard({ app });
 *   await board.fetch("shop");
 * });
 * ```
 */
export async function expectNoLeaks<T>(body: () => T | PromiseLike<T>, options: LeakOptions = {}): Promise<T> {
  const settleMs = durationOption("settleMs", options.settleMs ?? 2_000);
  const { stdin, stdout, stderr } = process;
  const recording = new Recording();
  const emitters = { process, "process.stdin": stdin, "process.stdout": stdout, "process.stderr": stderr };
  const listeners = watchListeners({ ...emitters, ...options.emitters }, () => isRecorded(recording));
  const stop = startRecording(recording);
  try {
    const result = await record(recording, body);
    const left = await settle(settleMs, () => [...recording.left(), ...listeners.left()]);
    if (left.length > 0) throw new Error(`this was left behind:\n${left.map((line) => `  ${line}`).join("\n")}`);
    return result;
  } finally {
    stop();
    listeners.stop();
  }
}

/** What is left when nothing is, or when the time is over. */
async function settle(ms: number, look: () => string[]): Promise<string[]> {
  const end = performance.now() + ms;
  for (let pauseMs = 0; ; pauseMs = Math.min(LOOK_MS, pauseMs * 2 + 1)) {
    await new Promise((resolve) => (pauseMs === 0 ? setImmediate(resolve) : setTimeout(resolve, pauseMs)));
    const left = look();
    if (left.length === 0 || performance.now() >= end) return left;
  }
}
