import { firstLine, outputOf, SwitchboardError, whereThrown } from "../base/errors.ts";
import { afterFailure, afterStart, type RestartRules, type Trouble } from "../resilience/restart.ts";
import type { LogLine } from "../server/log-ring.ts";
import type { FailureEvent, ServerEvent } from "./events.ts";
import type { RestartSettings } from "./restart-config.ts";

/** What supervision needs of its pool. */
export interface SupervisionHost {
  /** How many failed hostnames are remembered. Names come from clients. */
  readonly limit: number;
  rulesOf(hostname: string): RestartSettings;
  emit(event: ServerEvent): void;
  /** It is time to start `hostname` again. */
  restart(hostname: string): void;
}

/** A hostname that has failed, and is not well again. */
interface Case {
  trouble: Trouble;
  error: Error;
  /** What was printed last before it. */
  lines: readonly LogLine[];
}

/**
 * The last failure of a hostname that is not well again.
 *
 * **Lifetime.** As it was at the call.
 *
 * **Failure.** It tells of one: plain data.
 */
export interface Failure {
  /** The routing name. */
  hostname: string;
  /** How many failures there were since it was last well. */
  failures: number;
  /** Why the last start or run failed. */
  message: string;
  /** The last 20 lines that it printed before that, if it ran in a thread or a command: its log is gone with it. */
  output: string[];
  /** How long until it can be started; 0 when it can, or runs again. */
  retryAfterMs: number;
}

/** What is told of a hostname that cannot be started yet. */
export interface Refused {
  hostname: string;
  state: "backing-off" | "failed";
  failures: number;
  message: string;
  retryAfterMs: number;
  pinned: boolean;
}

/**
 * What the pool remembers of hostnames that have failed, whom it starts again by itself, and which names are pinned.
 *
 * **Lifetime.** `close` clears its timers: at most one for each hostname that it remembers. At most `limit` are, the
 * newest; pinned ones are not forgotten for others.
 */
export class Supervision {
  readonly #host: SupervisionHost;
  readonly #cases = new Map<string, Case>();
  readonly #pinned = new Set<string>();
  /** For each hostname: when it restarts, or, while it runs, when it has recovered. */
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(host: SupervisionHost) {
    this.#host = host;
  }

  isPinned(hostname: string): boolean {
    return this.#pinned.has(hostname);
  }

  pinned(): string[] {
    return [...this.#pinned];
  }

  get pinnedCount(): number {
    return this.#pinned.size;
  }

  /** From now on its rules are those of a pinned name, also for a failure that it has had. */
  pin(hostname: string): void {
    this.#pinned.add(hostname);
    this.#reschedule(hostname);
  }

  unpin(hostname: string): void {
    this.#pinned.delete(hostname);
    this.#reschedule(hostname);
  }

  /** Throws `BACKING_OFF` or `FAILED` while a failure forbids to start `hostname`. */
  check(hostname: string): void {
    const found = this.#cases.get(hostname);
    if (found === undefined) return;
    const waitMs = found.trouble.until - performance.now();
    if (waitMs > 0) throw toRefusal(hostname, found, waitMs);
  }

  /** {@link check}; a start begins. */
  begin(hostname: string): void {
    this.check(hostname);
    const found = this.#cases.get(hostname);
    if (found !== undefined) found.trouble = afterStart(found.trouble, performance.now());
  }

  /** Remembers a failure, sees to the restart, and says what comes next. */
  failed(hostname: string, error: Error, lines: readonly LogLine[] = []): FailureEvent {
    const rules = this.#rulesOf(hostname);
    const trouble = afterFailure(this.#cases.get(hostname)?.trouble, rules, performance.now());
    this.#remember(hostname, { trouble, error, lines });
    this.#reschedule(hostname);
    const { failures, failed, delayMs } = trouble;
    if (failed) return { type: "failed", hostname, error, message: error.message, retryAfterMs: delayMs };
    if (rules.policy === "permanent") return { type: "restarting", hostname, attempt: failures, delayMs };
    return { type: "backing-off", hostname, failures, delayMs };
  }

  /** The pool was too busy to start it, which is no failure: it is tried again, if it is still to be kept then. */
  retry(hostname: string, delayMs: number): void {
    this.#at(hostname, delayMs, () => {
      if (this.isPinned(hostname) || this.#rulesOf(hostname).policy === "permanent") this.#host.restart(hostname);
    });
  }

  /** Its server runs: if it had failed, it has recovered once it has run for long enough. */
  running(hostname: string): void {
    const found = this.#cases.get(hostname);
    if (found === undefined) return;
    this.#at(hostname, this.#rulesOf(hostname).withinMs, () => {
      this.forget(hostname);
      const afterMs = Math.round(performance.now() - found.trouble.since);
      this.#host.emit({ type: "recovered", hostname, afterMs });
    });
  }

  /** Its server, which ran, begins to stop. */
  leaving(hostname: string): void {
    this.#cancel(hostname);
  }

  forget(hostname: string): void {
    this.#cases.delete(hostname);
    this.#cancel(hostname);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#cases.clear(); // nobody is started again, also not who is pinned from now on
  }

  /** How many failures of `hostname` are remembered. */
  failuresOf(hostname: string): number {
    return this.#cases.get(hostname)?.trouble.failures ?? 0;
  }

  /** What `hostname` printed last before the failure that is remembered. */
  linesOf(hostname: string): LogLine[] {
    return [...(this.#cases.get(hostname)?.lines ?? [])];
  }

  /** Every hostname that has failed and is not well again; `retryAfterMs` is 0 for those that can be started, or run. */
  failures(): Failure[] {
    const now = performance.now();
    return [...this.#cases].map(
      ([
        hostname,
        {
          trouble: { failures, until },
          error,
        },
      ]) => {
        const retryAfterMs = Math.max(0, Math.ceil(until - now));
        const output = [...(outputOf(error)?.output ?? [])];
        return { hostname, failures, message: reasonOf(error), output, retryAfterMs };
      },
    );
  }

  /** Why `hostname` has failed last, if that is remembered. */
  failureOf(hostname: string): string | undefined {
    const found = this.#cases.get(hostname);
    return found && firstLine(found.error);
  }

  /** Every hostname that cannot be started yet. */
  refused(): Refused[] {
    const now = performance.now();
    return [...this.#cases].flatMap(([hostname, { trouble, error }]): Refused[] => {
      if (trouble.until <= now) return [];
      const { failures, failed, until } = trouble;
      const state = failed ? "failed" : "backing-off";
      const pinned = this.isPinned(hostname);
      return [{ hostname, state, failures, message: firstLine(error), retryAfterMs: Math.ceil(until - now), pinned }];
    });
  }

  /** How many hostnames are down because they failed; `up` are those that have a server, all the same. */
  countDown(up: ReadonlySet<string>): { backingOff: number; failed: number } {
    const now = performance.now();
    const counts = { backingOff: 0, failed: 0 };
    for (const [hostname, { trouble }] of this.#cases) {
      const waits = trouble.until > now;
      if (waits && !trouble.failed) counts.backingOff += 1;
      else if (waits || !up.has(hostname)) counts.failed += 1;
    }
    return counts;
  }

  #rulesOf(hostname: string): RestartRules {
    const rules = this.#host.rulesOf(hostname);
    return { ...rules, policy: rules.policy ?? (this.isPinned(hostname) ? "permanent" : "transient") };
  }

  #remember(hostname: string, found: Case): void {
    this.#cases.delete(hostname);
    this.#cases.set(hostname, found);
    if (this.#cases.size <= this.#host.limit) return;
    for (const other of this.#cases.keys()) {
      if (this.isPinned(other)) continue;
      this.forget(other);
      return;
    }
  }

  /** A hostname that is down restarts by itself, or does not. */
  #reschedule(hostname: string): void {
    const trouble = this.#cases.get(hostname)?.trouble;
    if (!trouble?.due) return;
    if (this.#rulesOf(hostname).policy === "permanent") this.#restartAt(hostname, trouble.until);
    else this.#cancel(hostname);
  }

  /** Timers may fire a moment early. */
  #restartAt(hostname: string, until: number): void {
    this.#at(hostname, until - performance.now(), () => {
      if (performance.now() < until) this.#restartAt(hostname, until);
      else this.#host.restart(hostname);
    });
  }

  #at(hostname: string, ms: number, act: () => void): void {
    this.#cancel(hostname);
    const fire = () => {
      this.#timers.delete(hostname);
      act();
    };
    this.#timers.set(hostname, setTimeout(fire, ms));
  }

  #cancel(hostname: string): void {
    clearTimeout(this.#timers.get(hostname));
    this.#timers.delete(hostname);
  }
}

/** What is told of a failure to those who look at it, on one line. */
function reasonOf(error: Error): string {
  return `${firstLine(error)}${whereThrown(error)}`;
}

function toRefusal(hostname: string, { trouble, error }: Case, retryAfterMs: number): SwitchboardError {
  const { failures, failed } = trouble;
  const inTime = `in ${Math.ceil(retryAfterMs)} ms`;
  const why = firstLine(error);
  const message = failed
    ? `"${hostname}" has failed ${failures === 1 ? "and" : `${failures} times and`} is not started for now: ${why}; one trial start is possible ${inTime}`
    : `"${hostname}" failed: ${why}; the next start is possible ${inTime}`;
  const facts = { hostname, retryAfterMs, cause: error, ...outputOf(error) };
  return new SwitchboardError(failed ? "FAILED" : "BACKING_OFF", message, facts);
}
