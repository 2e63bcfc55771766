import { type Future, type Operation, spawn } from "effection";
import { createSettled } from "../base/operations.ts";
import { durationOption } from "../base/options.ts";
import type { LogRing } from "./log-ring.ts";

/**
 * A server outside this event loop: a child process, or a worker thread. Requests are forwarded to its address.
 *
 * **Lifetime.** That of the resource that made it: it listens when it is provided, and is gone with its owner.
 *
 * **Failure.** A crash rejects `ended`, and nothing else: whoever owns it decides what follows.
 */
export interface OutsideServer {
  /** Where it listens, on the loopback interface: `127.0.0.1` or `::1`. */
  readonly address: { readonly host: string; readonly port: number };
  /** Its last output. */
  readonly log: LogRing;
  /** Rejects with `SERVER_CLOSED` when it has ended by itself; the message says why. Pending as long as it runs, and when it is stopped. */
  readonly ended: Future<never>;
  /** The process that was started; a thread has none of its own. */
  readonly pid?: number;
}

/** Where a server may listen that was told a port, in the order in which they are tried: many dev servers take `::1` only. */
export const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

/** How many lines of the output of a failed server are told of, and remembered. */
export const SHOWN_LINES = 20;

/** What a server said last: as the end of a message, and as a fact of the error. */
export function lastOutput(log: LogRing): { text: string; output: readonly string[] } {
  const output = log.tail(SHOWN_LINES).map(({ text }) => text);
  const lines = output.map((line) => `\n  ${line}`).join("");
  return { text: output.length === 0 ? "; it printed nothing" : `\nIts last output:${lines}`, output };
}

/** Milliseconds, or what is asked for them when the server stops: a pool that shuts down has one period for all. */
export type Grace = number | (() => number);

/** Checks a {@link Grace}. */
export function graceOption(grace: Grace | undefined): () => number {
  if (typeof grace === "function") return grace;
  const graceMs = durationOption("graceMs", grace ?? 10_000);
  return () => graceMs;
}

/**
 * The `ended` of a server: rejects with what `crash` returns.
 *
 * **Lifetime.** A task of the caller, and its newest: it is halted before the server is stopped, whose end is no crash.
 */
export function* watchFor(crash: () => Operation<Error>): Operation<Future<never>> {
  const ended = createSettled<never>(); // nobody has to wait for it
  yield* spawn(function* watch() {
    ended.reject(yield* crash());
  });
  return ended.future;
}
