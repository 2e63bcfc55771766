import type { Outcome } from "./section.ts";

/** A figure that is aimed at, and what was measured. */
export interface Aim {
  text: string;
  measured: number;
  met: boolean;
}

interface Goal {
  section: string;
  /** How the name of the row begins; the last one that fits counts. */
  row: string;
  text: string;
  atLeast?: number;
  atMost?: number;
}

const GOALS: readonly Goal[] = [
  { section: "express", row: "switchboard", atLeast: 0.92, text: "handoff with Express >= 0.92 of direct" },
  { section: "handler", row: "switchboard", atLeast: 0.85, text: "handoff with a bare handler >= 0.85 of direct" },
  {
    section: "hostnames",
    row: "switchboard, a handler each",
    atLeast: 0.85,
    text: "many hostnames >= 0.85 of one, bare",
  },
  {
    section: "hostnames",
    row: "switchboard, one Express app for all",
    atLeast: 0.85,
    text: "many hostnames >= 0.85 of one, one Express app",
  },
  {
    section: "hostnames",
    row: "switchboard, an Express app each",
    atLeast: 0.85,
    text: "many hostnames >= 0.85 of one, an Express app each",
  },
  {
    section: "handlers",
    row: "an operation costs more",
    atMost: 45,
    text: "a handler as an operation <= 45 us more",
  },
  {
    section: "guards",
    row: "rate limit, breaker and cap",
    atLeast: 0.94,
    text: "limit, breaker and cap together >= 0.94 of none",
  },
  {
    section: "observe",
    row: "ids, records, metrics and history",
    atLeast: 0.92,
    text: "ids, journal, metrics and history >= 0.92 of none, Express",
  },
  {
    section: "observe-handler",
    row: "ids, records, metrics and history",
    atLeast: 0.92,
    text: "ids, journal, metrics and history >= 0.92 of none, bare",
  },
  {
    section: "observe",
    row: "read by 100 streams, of unread",
    atLeast: 0.95,
    text: "requests that 100 live streams read, one stalled >= 0.95 of unread ones",
  },
  { section: "observe", row: "a page of a full journal", atMost: 20, text: "/api/requests over a full ring <= 20 ms" },
  { section: "forward", row: "forwarded", atLeast: 0.4, text: "forwarding with a bare handler >= 0.40 of direct" },
  { section: "forward", row: "forwarded, of http-proxy", atLeast: 1.6, text: "forwarding >= 1.6 x http-proxy" },
  { section: "forward", row: "forwarded, of caddy", atLeast: 1.3, text: "forwarding >= 1.3 x Caddy" },
  { section: "forward", row: "large body down, of direct", atLeast: 0.6, text: "a large body down >= 0.60 of direct" },
  { section: "forward", row: "large body up, of direct", atLeast: 0.6, text: "a large body up >= 0.60 of direct" },
  {
    section: "forward",
    row: "memory above idle",
    atMost: 64,
    text: "memory of a front for 1 GiB each way <= 64 MiB above idle",
  },
  {
    section: "resets",
    row: "answered otherwise than they should be",
    atMost: 0,
    text: "of 100,000 requests to a server that resets, wrongly answered = 0",
  },
  { section: "resets", row: "the most that a POST was sent", atMost: 1, text: "a POST is sent once" },
  { section: "sockets", row: "handoff: left", atMost: 0, text: "of 10,000 WebSockets by handoff, left = 0" },
  { section: "sockets", row: "forward: left", atMost: 0, text: "of 10,000 WebSockets by forwarding, left = 0" },
  { section: "cold-start", row: "p50", atMost: 2, text: "cold start p50 <= 2 ms" },
  { section: "cold-start", row: "starts/s", atLeast: 1_000, text: "starts over HTTP >= 1,000/s" },
  { section: "lives", row: "heap per hostname, built-in app", atMost: 64, text: "heap per live hostname <= 64 KiB" },
  { section: "lives", row: "halt all, built-in app", atMost: 2, text: "halting all <= 2 s" },
  {
    section: "storm",
    row: "p99 ratio, full load",
    atMost: 2,
    text: "p99 of healthy hostnames in a crash storm <= 2 x undisturbed",
  },
  { section: "storm", row: "errors, full load", atMost: 0, text: "errors of healthy hostnames in a crash storm = 0" },
  { section: "replicas", row: "2 replicas", atLeast: 1.7, text: "two threads that compute >= 1.7 of one" },
  {
    section: "testing",
    row: "pool with one server, up and down",
    atMost: 5,
    text: "a pool with one server, up and down <= 5 ms",
  },
  { section: "limits", row: "limiter, 100,000 keys: the same key", atMost: 1_000, text: "a limit, same key <= 1 us" },
  {
    section: "limits",
    row: "limiter, 100,000 keys: any of them",
    atMost: 1_000,
    text: "a limit, any of 100,000 keys <= 1 us",
  },
  {
    section: "limits",
    row: "limiter, 1,000,000 keys: any of them",
    atMost: 1_000,
    text: "a limit, any of 1,000,000 keys <= 1 us",
  },
  {
    section: "limits",
    row: "limiter, 1,000,000 keys: memory for a key",
    atMost: 200,
    text: "memory of a limited key <= 200 bytes",
  },
  { section: "limits", row: "breaker: admit and record", atMost: 1_000, text: "a breaker, admit and record <= 1 us" },
  { section: "dashboard", row: "first paint", atMost: 1_000, text: "dashboard: first paint <= 1 s" },
  {
    section: "dashboard",
    row: "list: frame, longest",
    atMost: 50,
    text: "dashboard: longest frame of the list <= 50 ms",
  },
  {
    section: "dashboard",
    row: "one hostname: frame, longest",
    atMost: 50,
    text: "dashboard: longest frame of one hostname <= 50 ms",
  },
  {
    section: "dashboard",
    row: "list: longest task, processor time",
    atMost: 50,
    text: "dashboard: longest task of the list <= 50 ms",
  },
  {
    section: "dashboard",
    row: "one hostname: longest task, processor time",
    atMost: 50,
    text: "dashboard: longest task of one hostname <= 50 ms",
  },
  { section: "patterns", row: "worker pool, a job of many", atMost: 60, text: "a job of a worker pool <= 60 us" },
];

/** The aims of the sections that ran. A row with failures meets none. */
export function judge(outcomes: ReadonlyMap<string, Outcome>): Aim[] {
  return GOALS.flatMap(({ section, row, text, atLeast, atMost }) => {
    const outcome = outcomes.get(section);
    if (outcome === undefined) return [];
    const rate = outcome.rates.findLast(({ name }) => name.startsWith(row));
    const figure = outcome.figures.find(({ name }) => name === row);
    const measured = rate?.ratio ?? figure?.value ?? Number.NaN;
    const within =
      measured >= (atLeast ?? Number.NEGATIVE_INFINITY) && measured <= (atMost ?? Number.POSITIVE_INFINITY);
    return [{ text, measured, met: within && (rate?.failed ?? 0) === 0 }];
  });
}
