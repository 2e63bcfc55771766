import { type BackoffSettings, backoffDelay } from "../resilience/backoff.ts";

/** How the last start or run of a hostname failed, and when it may be tried again. */
interface Failure {
  error: Error;
  /** How many failures followed each other. */
  count: number;
  /** On the clock of `performance.now()`. */
  until: number;
}

/** The failures of a pool's hostnames. Names come from clients, so at most `limit` are remembered: the newest. */
export interface Failures {
  /** The failure that forbids a start at `now`. */
  current(hostname: string, now: number): Failure | undefined;
  /** Remembers one more failure, and returns how long to back off, in milliseconds. */
  add(hostname: string, error: Error, now: number): { count: number; delayMs: number };
  forget(hostname: string): void;
  /** How many hostnames are backing off at `now`. */
  count(now: number): number;
}

/** Makes {@link Failures}. */
export function createFailures(limit: number, backoff: BackoffSettings): Failures {
  const failures = new Map<string, Failure>();
  return {
    current(hostname, now) {
      const failure = failures.get(hostname);
      return failure !== undefined && now < failure.until ? failure : undefined;
    },
    add(hostname, error, now) {
      const count = (failures.get(hostname)?.count ?? 0) + 1;
      const delayMs = backoffDelay(count, backoff);
      failures.delete(hostname);
      failures.set(hostname, { error, count, until: now + delayMs });
      if (failures.size > limit) failures.delete(failures.keys().next().value as string);
      return { count, delayMs };
    },
    forget: (hostname) => void failures.delete(hostname),
    count: (now) => [...failures.values()].filter(({ until }) => now < until).length,
  };
}
