/** What the API tells, as its schemas say. Types alone: a command loads none of them. */
export type { EventRow, LogRow, RequestRow } from "../../control/schemas/journal.ts";
export type { Breaker, FaultRow } from "../../control/schemas/limits.ts";
export type { Service } from "../../control/schemas/service.ts";
export type { SystemMetrics } from "../../control/schemas/system.ts";
