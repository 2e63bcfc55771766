import { checkKnownOptions, durationOption, fail, integerOption } from "../base/options.ts";
import { OutcomeWindow } from "./outcome-window.ts";

/**
 * Options of {@link createRetryBudget}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface RetryBudgetConfig {
  /** How many retries may come on a first attempt: 0.2 is one on five. @default 0.2 */
  ratio?: number | undefined;
  /** So many retries in a window are allowed however few first attempts there were. @default 10 */
  atLeast?: number | undefined;
  /** How far back attempts count; each is forgotten up to a tenth of this earlier. @default 10000 */
  windowMs?: number | undefined;
}

/**
 * Bounds retries by the share of attempts that they are: when everything fails, retrying all of it would double the load
 * just then.
 *
 * **Lifetime.** Passive, in constant memory: no timer runs, and nothing needs an end.
 *
 * **Failure.** None: a refusal is an answer.
 */
export interface RetryBudget {
  /** Counts a first attempt. */
  attempt(): void;
  /** Whether a retry is allowed now; if so, it is counted. */
  retry(): boolean;
}

/** The largest count of retries that an option takes. */
const MOST = 1_000_000;

/**
 * Makes a {@link RetryBudget}, which has counted nothing yet.
 *
 * **Lifetime.** None to speak of: nothing runs, and nothing needs to be released.
 *
 * **Failure.** A wrong option throws `INVALID_OPTION` at the call.
 *
 * ```ts
 * const budget = createRetryBudget({ ratio: 0.1 });
 * budget.attempt();
 * if (failed && budget.retry()) again();
 * ```
 */
export function createRetryBudget(config: RetryBudgetConfig = {}): RetryBudget {
  checkKnownOptions("createRetryBudget", config, ["ratio", "atLeast", "windowMs"]);
  const { ratio = 0.2 } = config;
  if (!(typeof ratio === "number" && ratio >= 0 && ratio <= 1)) fail("ratio", "a number from 0 to 1", ratio);
  const atLeast = integerOption("atLeast", config.atLeast ?? 10, 0, MOST);
  const window = new OutcomeWindow(durationOption("windowMs", config.windowMs ?? 10_000, 1));
  return {
    attempt: () => void window.add(performance.now(), false),
    retry() {
      const now = performance.now();
      const { requests, failures: retries } = window.count(now);
      if (retries >= Math.max(atLeast, ratio * (requests - retries))) return false;
      window.add(now, true);
      return true;
    },
  };
}
