/** What the API tells, as far as the page reads it: /openapi.json has all of it. */

export type State = "running" | "starting" | "stopping" | "backing-off" | "failed" | "stopped";
export type Health = "healthy" | "degraded" | "unhealthy";

export interface Replica {
  id: number;
  state: State;
  health: Health | null;
  inFlight: number;
  port: number | null;
}

export interface Stats {
  requestsPerSecond: number;
  /** From 0 to 1. */
  errorRate: number;
  averageMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface Breaker {
  state: "closed" | "open" | "half-open";
  retryAfterMs: number | null;
}

export interface Service {
  hostname: string;
  url: string;
  kind: "inline" | "thread" | "command" | "remote" | null;
  state: State;
  health: Health | null;
  port: number | null;
  pinned: boolean;
  declared: boolean;
  startedAt: string | null;
  uptimeMs: number | null;
  restarts: number;
  replicas: Replica[];
  inFlight: number;
  sockets: number;
  failure: { message: string; output: string[]; retryAfterMs: number; failures: number } | null;
  breaker: Breaker | null;
  stats: Stats;
  faults: number;
  /** Requests per second, the newest last. */
  spark?: number[];
}

export interface Overview {
  activeServers: number;
  requestsPerMin: number;
  avgResponseTime: number;
  errorRate: number;
  systemStatus: "healthy" | "degraded" | "unhealthy" | "draining";
  running: number;
  starting: number;
  queued: number;
  stopping: number;
  backingOff: number;
  failed: number;
  maxServers: number;
}

export interface Session {
  role: "none" | "viewer" | "operator";
  canWrite: boolean;
  local: boolean;
  version: string;
}

export interface EventRow {
  seq: number;
  time: string;
  type: string;
  hostname: string | null;
  text: string;
}

export interface Timings {
  queuedMs: number;
  startingMs: number;
  /** A delay that a fault has added. */
  faultMs?: number;
  connectingMs: number;
  firstByteMs: number;
  bodyMs: number;
}

export interface RequestRow {
  seq: number;
  id: string;
  time: string;
  client: string;
  hostname?: string;
  kind?: string;
  port?: number;
  replica?: number;
  method: string;
  path: string;
  upgrade: boolean;
  status?: number;
  outcome?: string;
  code?: string;
  bytesIn: number;
  bytesOut: number;
  durationMs: number;
  timings: Timings;
}

export interface LogLine {
  seq: number;
  stream: "stdout" | "stderr";
  text: string;
  complete: boolean;
}

export interface Point {
  time: string;
  requests: number;
  errors: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  inFlight: number;
}

export interface Series {
  stepMs: number;
  points: Point[];
}

export interface FaultRow {
  id: string | number;
  hostname: string;
  kind: string;
  remainingMs: number | null;
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

/** RFC 9457. */
export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  field?: string;
}

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `at` is when the next try begins, on the clock of `Date.now()`. */
  | { state: "waiting"; at: number; reason: string };
