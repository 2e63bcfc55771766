import { toSpan } from "../../base/duration.ts";
import type { EventRow, RequestRow, Service } from "../client/api-types.ts";
import { toClock } from "../terminal/clock.ts";
import type { Column } from "../terminal/table.ts";

/** How a service is, in a word: of one that runs also how well. */
export function toWord({ state, health }: Service): string {
  return state === "running" && health !== null && health !== "healthy" ? health : state;
}

/** {@link toWord}; of one that runs, first of all whether requests come through to it. */
function toState(service: Service): string {
  const { state, breaker } = service;
  const isOpen = state === "running" && breaker !== null && breaker.state !== "closed";
  return isOpen ? `breaker ${breaker.state}` : toWord(service);
}

/** How that word is painted. */
function toStyle(service: Service): "green" | "yellow" | "red" | "dim" {
  const word = toState(service);
  if (word === "running") return "green";
  if (word === "stopped") return "dim";
  return ["failed", "unhealthy", "breaker open"].includes(word) ? "red" : "yellow";
}

export const SERVICE_COLUMNS: readonly Column<Service>[] = [
  { title: "NAME", of: ({ hostname }) => hostname, least: 12 },
  { title: "STATE", of: toState, style: toStyle },
  { title: "KIND", of: ({ kind }) => kind, optional: 4 },
  { title: "PORT", of: ({ port }) => port, right: true, optional: 6 },
  { title: "REPLICAS", of: ({ replicas }) => replicas.length || null, right: true, optional: 7 },
  { title: "UP", of: ({ uptimeMs }) => (uptimeMs === null ? null : toSpan(uptimeMs)), right: true, optional: 3 },
  { title: "BUSY", of: ({ inFlight, sockets }) => inFlight + sockets, right: true, optional: 5 },
  { title: "REQ/S", of: ({ stats }) => toFew(stats.requestsPerSecond), right: true, optional: 1 },
  { title: "ERRORS", of: toErrors, right: true, optional: 2 },
  { title: "P99", of: ({ stats }) => toMs(stats.p99Ms), right: true, optional: 2 },
];

export const EVENT_COLUMNS: readonly Column<EventRow>[] = [
  { title: "TIME", of: ({ time }) => toClock(new Date(time)), typical: 8 },
  { title: "TYPE", of: ({ type }) => type, typical: "circuit-half-opened".length, optional: 1 },
  { title: "NAME", of: ({ hostname }) => hostname, typical: 14, least: 8, optional: 2 },
  { title: "WHAT", of: ({ text }) => split(text)[0], least: 10, below: ({ text }) => split(text)[1] },
];

/** The first line, and the others: the text of a failure may end with what was printed. */
function split(text: string): [string, string] {
  const end = text.indexOf("\n");
  return end === -1 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
}

export const REQUEST_COLUMNS: readonly Column<RequestRow>[] = [
  { title: "TIME", of: ({ time }) => toClock(new Date(time)), typical: 8, optional: 2 },
  { title: "NAME", of: ({ hostname }) => hostname, typical: 12, least: 8 },
  { title: "METHOD", of: ({ method }) => method, typical: 6, optional: 1 },
  { title: "STATUS", of: ({ status }) => status, right: true, style: toStatusStyle },
  { title: "OUTCOME", of: ({ outcome }) => outcome, typical: 11, optional: 4 },
  { title: "CODE", of: ({ code }) => code, typical: 12, optional: 3 },
  { title: "TOOK", of: ({ durationMs }) => toMs(durationMs), right: true, typical: 9 },
  { title: "PATH", of: ({ path }) => path, least: 8 },
];

function toStatusStyle({ status = 500 }: RequestRow): "red" | "yellow" | undefined {
  if (status >= 500) return "red";
  return status >= 400 ? "yellow" : undefined;
}

/** The share of errors; nothing where there were no requests. */
export function toErrors({ stats }: Service): string | null {
  return stats.requestsPerSecond === 0 ? null : toPercent(stats.errorRate);
}

/** Milliseconds in a table: `0.8 ms`, `34 ms`, `1.2 s`; nothing where there was nothing to measure. */
export function toMs(ms: number | null): string | null {
  if (ms === null || ms === 0) return null;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** A share of all, such as `2.5 %`. */
export function toPercent(share: number): string {
  return `${toFew(share * 100)} %`;
}

/** A number with no more places than matter. */
export function toFew(amount: number): string {
  if (amount > 0 && amount < 0.1) return "<0.1";
  return amount === 0 || amount >= 10 ? String(Math.round(amount)) : amount.toFixed(1);
}
