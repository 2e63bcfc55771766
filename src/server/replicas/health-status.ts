import type { HealthSettings, OutlierSettings } from "./replica-config.ts";

/**
 * How a replica, or all replicas of a hostname together, can answer. A replica is `degraded` while checks fail, but fewer
 * in a row than `fall`; `unhealthy` once they are so many, while it is left out as an outlier, and while it is down. A
 * hostname is `healthy` when all its replicas are, `unhealthy` when all are, else `degraded`.
 *
 * **Lifetime.** Each change is a `health` event.
 *
 * **Failure.** None: a word.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** What checks have found. */
export interface CheckRecord {
  /** Whether it can answer, as far as is known. */
  readonly up: boolean;
  /** How many checks in a row have said otherwise. */
  readonly against: number;
}

/** It has succeeded once. */
export const CHECKED: CheckRecord = { up: true, against: 0 };

/** What is known after one more check. */
export function afterCheck(
  { up, against }: CheckRecord,
  passed: boolean,
  { fall, rise }: Pick<HealthSettings, "fall" | "rise">,
): CheckRecord {
  if (passed === up) return { up, against: 0 };
  return against + 1 >= (up ? fall : rise) ? { up: passed, against: 0 } : { up, against: against + 1 };
}

/** What answers have shown. Times are on the clock of `performance.now()`. */
export interface OutlierRecord {
  /** How many failures followed each other. */
  readonly failures: number;
  /** How often it was left out, since it last did well for long. */
  readonly ejections: number;
  /** It is left out until then. */
  readonly until: number;
}

/** Nothing was seen yet. */
export const UNSEEN: OutlierRecord = { failures: 0, ejections: 0, until: Number.NEGATIVE_INFINITY };

/** What is known after one more answer. `mayEject`: not too many others are left out. */
export function afterAnswer(
  record: OutlierRecord,
  failed: boolean,
  { failures: most, ejectMs, maxEjectMs }: OutlierSettings,
  now: number,
  mayEject: () => boolean,
): OutlierRecord {
  if (!failed) return { ...record, failures: 0 };
  const failures = record.failures + 1;
  if (failures < most || now < record.until || !mayEject()) return { ...record, failures };
  const ejections = now - record.until > maxEjectMs ? 1 : record.ejections + 1;
  return { failures: 0, ejections, until: now + Math.min(ejectMs * ejections, maxEjectMs) };
}

/** How several are together; `undefined` when there is none. */
export function together(statuses: readonly HealthStatus[]): HealthStatus | undefined {
  const [first] = statuses;
  return statuses.every((status) => status === first) ? first : "degraded";
}
