import type { EventEmitter } from "node:events";
import { checkKnownOptions, durationOption, fail } from "../../base/options.ts";
import { clearTimeout, setImmediate, setTimeout } from "../timers.ts";
import { watchListeners } from "./listeners.ts";
import { isRecorded, Recording, record, startRecording } from "./recording.ts";
import { toReport } from "./report.ts";

/**
 * Options of {@link expectNoLeaks}.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option rejects with `INVALID_OPTION` before the body runs.
 */
export interface LeakOptions {
  /** Emitters to watch besides `process` and its streams, by the name that the message gives them. @default none */
  emitters?: Record<string, EventEmitter> | undefined;
  /** How long what is about to end may take, in milliseconds. @default 2000 */
  settleMs?: number | undefined;
}

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
  if (typeof body !== "function") fail("body", "a function", body);
  checkKnownOptions("expectNoLeaks", options, ["emitters", "settleMs"]);
  const settleMs = durationOption("settleMs", options.settleMs ?? 2_000);
  const emitters = { ...processEmitters(), ...checkEmitters(options.emitters ?? {}) };
  const recording = new Recording();
  const listeners = watchListeners(emitters, () => isRecorded(recording));
  const stop = startRecording(recording);
  try {
    const result = await record(recording, body);
    const look = () => [...recording.left(), ...listeners.left()];
    const left = await settle(settleMs, look, () => recording.isPending);
    if (left.length > 0) throw new Error(toReport(left));
    return result;
  } finally {
    stop();
    listeners.stop();
  }
}

/** What is left when nothing is, and nothing is pending that may make more, or when the time is over. */
async function settle(ms: number, look: () => string[], isPending: () => boolean): Promise<string[]> {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, ms);
  try {
    for (let pauseMs = 0; ; pauseMs = Math.min(LOOK_MS, pauseMs * 2 + 1)) {
      await new Promise<void>((resolve) => {
        if (pauseMs === 0) setImmediate(resolve);
        else setTimeout(resolve, pauseMs);
      });
      const pending = isPending();
      const left = look();
      if (over || (left.length === 0 && !pending)) return left;
    }
  } finally {
    clearTimeout(timer);
  }
}

function processEmitters(): Record<string, EventEmitter> {
  const { stdin, stdout, stderr } = process;
  return { process, "process.stdin": stdin, "process.stdout": stdout, "process.stderr": stderr };
}

function checkEmitters(emitters: Record<string, EventEmitter>): Record<string, EventEmitter> {
  if (typeof emitters !== "object") fail("emitters", "an object of emitters, by their names", emitters);
  for (const [name, emitter] of Object.entries(emitters)) {
    if (typeof emitter?.eventNames !== "function") fail(`emitters.${name}`, "an EventEmitter", emitter);
  }
  return emitters;
}
