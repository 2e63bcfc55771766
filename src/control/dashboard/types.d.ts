/** What the API tells, as its schemas say, under the names that the page uses for it. */

import type { Problem as AnyProblem } from "../schemas/common.ts";
import type { LogRow, RequestRow } from "../schemas/journal.ts";
import type { FaultRow as AnyFault } from "../schemas/limits.ts";
import type { Service } from "../schemas/service.ts";
import type { HistorySeries, PoolTotals, SystemOverview } from "../schemas/system.ts";

export type { EventRow, RequestRow } from "../schemas/journal.ts";
export type { Service } from "../schemas/service.ts";
export type { Session } from "../schemas/system.ts";

export type State = Service["state"];
export type Health = NonNullable<Service["health"]>;
export type Overview = SystemOverview & PoolTotals;
export type Timings = RequestRow["timings"];
export type LogLine = LogRow;
export type Series = HistorySeries;
export type Point = HistorySeries["points"][number];
/** What answers may be no problem at all, but what somebody in between has to say. */
export type Problem = Partial<AnyProblem>;

export interface FaultRow extends AnyFault {
  method?: string;
  path?: string;
  percentage?: number;
  first?: number;
  ms?: number;
  jitterMs?: number;
  status?: number;
  afterBytes?: number;
  bytesPerSecond?: number;
}

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `at` is when the next try begins, on the clock of `Date.now()`. */
  | { state: "waiting"; at: number; reason: string };
