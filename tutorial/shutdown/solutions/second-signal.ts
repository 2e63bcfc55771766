import { constants } from "node:os";
import { ensure, type Operation, resource } from "effection";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** npm and terminals send a signal to every process of a group, and npm passes it on: the second one may be the first. */
const SAME_SIGNAL_MS = 500;

/**
 * The first signal is left to `main`; a second one, more than half a second later, ends the process at once.
 *
 * Acquire it first, so that it is released last: while it listens, Node's default (to die at the signal) is off.
 */
export function useSecondSignal(): Operation<void> {
  return resource(function* (provide) {
    let first: number | undefined;
    const onSignal = (signal: (typeof SIGNALS)[number]) => {
      first ??= performance.now();
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal]);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    yield* ensure(() => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    });
    yield* provide();
  });
}
