import { constants } from "node:os";
import { ensure, type Operation } from "effection";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A terminal signals the whole group and npm forwards once more: what arrives this soon is the same request to stop. */
const SAME_SIGNAL_MS = 500;

/** What a reader of the output may take for what is printed before the process ends at once. */
const LAST_WORDS_MS = 500;

/** What follows from signals. */
export interface SignalPolicy {
  /** How long a graceful end may take, in milliseconds; then the process ends at once. Asked when it begins. */
  limitMs(): number;
  /** Called with the first signal. */
  first(status: number): void;
  /** Called right before the process ends at once. */
  forced(why: string): void;
}

/**
 * The first signal asks for a graceful end; one that comes more than 500 ms later, or the end of `limitMs`,
 * ends the process at once, with 128 plus the number of the signal.
 *
 * **Lifetime.** The listeners are removed when the caller ends; until then no signal kills the process.
 */
export function* useSignals({ first, forced, ...policy }: SignalPolicy): Operation<void> {
  let since: number | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    const status = 128 + constants.signals[signal];
    const end = (why: string) => {
      forced(why);
      setTimeout(process.exit, LAST_WORDS_MS, status);
      process.stdout.write("", () => process.exit(status));
    };
    if (since === undefined) {
      since = performance.now();
      // It keeps the process alive: a cleanup that hangs may leave nothing else that does.
      const limitMs = policy.limitMs();
      deadline = setTimeout(end, limitMs, `the shutdown took longer than ${limitMs} ms`);
      first(status);
    } else if (performance.now() - since > SAME_SIGNAL_MS) {
      end(`${signal} came a second time`);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  yield* ensure(() => {
    clearTimeout(deadline);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  });
}
