import { noop } from "../base/operations.ts";
import { durationOption } from "../base/options.ts";
import { errorsAtCaller } from "./stack.ts";
import { clearTimeout, setTimeout } from "./timers.ts";

/**
 * How long to wait.
 *
 * **Lifetime.** Read once, at the call. Fake timers do not hold the deadline up.
 *
 * **Failure.** A value that is no duration throws `INVALID_OPTION` at the call.
 */
export interface WaitOptions {
  /** In milliseconds; then the wait rejects with a message that says what did happen. @default 2000 */
  timeoutMs?: number | undefined;
}

/** Below the 5 s that vitest gives a test, so that our own message is the one to be seen. */
export const WAIT_MS = 2_000;

/** What somebody waits for. */
interface Wanted<T> {
  fits(item: T): boolean;
  timeoutMs: number;
  /** The message when it did not come. */
  describe(): string;
  /** The function whose caller waits: the error points there. */
  asked: (...args: never[]) => unknown;
}

/** Things that arrive, each given once: to the first wait that it fits, or kept for the next one. */
export class Supply<T> {
  /** What nobody has got yet. */
  readonly left: Set<T> = new Set();
  readonly #waits = new Set<{ fits(item: T): boolean; give(item: T): void; fail(message: string): void }>();
  #ended: string | undefined;

  add(item: T): void {
    const first = [...this.#waits].find((wait) => wait.fits(item));
    if (first === undefined) this.left.add(item);
    else first.give(item);
  }

  /** Nothing more will come: waits that find nothing reject with `message`. */
  end(message: string): void {
    this.#ended = message;
    for (const wait of this.#waits) wait.fail(message);
  }

  next(wanted: Wanted<T>): Promise<T> {
    durationOption("timeoutMs", wanted.timeoutMs);
    for (const item of this.left) {
      if (!wanted.fits(item)) continue;
      this.left.delete(item);
      return Promise.resolve(item);
    }
    const promise = this.#wait(wanted);
    promise.catch(noop); // a test that ends before its wait has failed already, with a better message
    return promise;
  }

  #wait({ fits, timeoutMs, describe, asked }: Wanted<T>): Promise<T> {
    const toError = errorsAtCaller(asked);
    if (this.#ended !== undefined) return Promise.reject(toError(this.#ended));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => wait.fail(describe()), timeoutMs);
      const leave = () => {
        clearTimeout(timer);
        this.#waits.delete(wait);
      };
      const wait = {
        fits,
        give(item: T) {
          leave();
          resolve(item);
        },
        fail(message: string) {
          leave();
          reject(toError(message));
        },
      };
      this.#waits.add(wait);
    });
  }
}
