import { type BackoffSettings, backoffDelay } from "./backoff.ts";

/** When something that failed may start again. */
export interface RestartRules {
  /** `temporary` fails for good at once; how the others are started again is up to their owner. */
  policy: "permanent" | "transient" | "temporary";
  backoff: BackoffSettings;
  /** The restart intensity: at most so many restarts in any `withinMs`. */
  maxRestarts: number;
  withinMs: number;
  /** How long it stays failed; then one trial start is possible. */
  coolDownMs: number;
}

/** What is known of something that has failed. Times are on the clock of `performance.now()`, which never jumps. */
export interface Trouble {
  /** How many failures followed each other. */
  readonly failures: number;
  /** When the first of them was. */
  readonly since: number;
  /** No start before this time, which is so long after the last failure. */
  readonly until: number;
  readonly delayMs: number;
  /** It is beyond the intensity: the next start is a trial, and ends here again if it fails. */
  readonly failed: boolean;
  /** A start from now on is a restart. */
  readonly due: boolean;
  /** When it was restarted; older ones than the rules look back for are left out. */
  readonly restarts: readonly number[];
}

/** What is known after one more failure: it backs off, or is failed. Not the failures are counted, but the restarts. */
export function afterFailure(
  before: Trouble | undefined,
  rules: RestartRules,
  now: number,
  random: () => number = Math.random,
): Trouble {
  const failures = (before?.failures ?? 0) + 1;
  const restarts = (before?.restarts ?? []).filter((time) => time > now - rules.withinMs);
  const failed = rules.policy === "temporary" || before?.failed === true || restarts.length >= rules.maxRestarts;
  const delayMs = failed ? rules.coolDownMs : backoffDelay(failures, rules.backoff, random);
  return { failures, since: before?.since ?? now, until: now + delayMs, delayMs, failed, due: true, restarts };
}

/** What is known once it is started again. A trial is no restart: there is one for each cool-down. */
export function afterStart(before: Trouble, now: number): Trouble {
  if (!before.due) return before;
  return { ...before, due: false, restarts: before.failed ? before.restarts : [...before.restarts, now] };
}
