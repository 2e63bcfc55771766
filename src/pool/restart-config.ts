import { checkKnownOptions, choiceOption, durationOption, integerOption, numberOption } from "../base/options.ts";
import type { BackoffSettings } from "../resilience/backoff.ts";
import type { RestartRules } from "../resilience/restart.ts";

/**
 * What happens after a server has crashed, or could not start.
 *
 * **Lifetime.** It is part of the options of a pool, and read with them.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface RestartConfig {
  /**
   * `"permanent"` starts it again by itself, `"transient"` with the next request, both after a backoff; `"temporary"`
   * is failed at once. @default "transient", and "permanent" for pinned names
   */
  policy?: "permanent" | "transient" | "temporary" | undefined;
  /** How long to wait before a restart. @default as below */
  backoff?: BackoffConfig | undefined;
  /** At most so many restarts in any `withinMs`; beyond that it is failed. @default 5 */
  maxRestarts?: number | undefined;
  /** See `maxRestarts`. A server that has run for this long has recovered: its failures are forgotten. @default 30000 */
  withinMs?: number | undefined;
  /** How long it stays failed, and gets 503; then it gets one trial start. @default 30000 */
  coolDownMs?: number | undefined;
}

/**
 * How long to wait before a restart: anything from 0 to `initialMs`, multiplied by `factor` with each further failure.
 *
 * **Lifetime.** As {@link RestartConfig}.
 *
 * **Failure.** As {@link RestartConfig}.
 */
export interface BackoffConfig {
  /** The longest delay after the first failure. @default 100 */
  initialMs?: number | undefined;
  /** By how much it grows with each further failure. @default 2 */
  factor?: number | undefined;
  /** The longest delay of all. @default 30000 */
  maxMs?: number | undefined;
}

/** Rules whose policy is that of the kind of name, unless it was chosen. */
export interface RestartSettings extends Omit<RestartRules, "policy"> {
  policy: RestartRules["policy"] | undefined;
}

export const RESTART_DEFAULTS: RestartSettings = {
  policy: undefined,
  backoff: { initialMs: 100, factor: 2, maxMs: 30_000 },
  maxRestarts: 5,
  withinMs: 30_000,
  coolDownMs: 30_000,
};

/** The restart times of each hostname are remembered: this bounds them. */
const MOST_RESTARTS = 1_000;

/** Checks the options of `config`; what it leaves out is as in `base`. `at` is where it stands: `restart`. */
export function resolveRestart(at: string, config: RestartConfig | undefined, base: RestartSettings): RestartSettings {
  if (config === undefined) return base;
  checkKnownOptions(at, config, ["policy", "backoff", "maxRestarts", "withinMs", "coolDownMs"]);
  const { policy = base.policy, maxRestarts, withinMs, coolDownMs } = config;
  return {
    policy:
      policy === undefined
        ? policy
        : choiceOption<RestartRules["policy"]>(`${at}.policy`, policy, ["permanent", "transient", "temporary"]),
    backoff: resolveBackoff(`${at}.backoff`, config.backoff, base.backoff),
    maxRestarts: integerOption(`${at}.maxRestarts`, maxRestarts ?? base.maxRestarts, 0, MOST_RESTARTS),
    withinMs: durationOption(`${at}.withinMs`, withinMs ?? base.withinMs, 1),
    coolDownMs: durationOption(`${at}.coolDownMs`, coolDownMs ?? base.coolDownMs, 1),
  };
}

function resolveBackoff(at: string, config: BackoffConfig | undefined, base: BackoffSettings): BackoffSettings {
  if (config === undefined) return base;
  checkKnownOptions(at, config, ["initialMs", "factor", "maxMs"]);
  return {
    initialMs: durationOption(`${at}.initialMs`, config.initialMs ?? base.initialMs, 1),
    factor: numberOption(`${at}.factor`, config.factor ?? base.factor, 1),
    maxMs: durationOption(`${at}.maxMs`, config.maxMs ?? base.maxMs, 1),
  };
}
