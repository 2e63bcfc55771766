/** How a hostname is, as `GET /api/services` tells it. */
export interface Service {
  hostname: string;
  url: string;
  kind: "inline" | "thread" | "command" | "remote" | null;
  state: "running" | "starting" | "stopping" | "backing-off" | "failed" | "stopped";
  health: "healthy" | "degraded" | "unhealthy" | null;
  port: number | null;
  pinned: boolean;
  declared: boolean;
  startedAt: string | null;
  uptimeMs: number | null;
  restarts: number;
  replicas: { id: number; state: string; health: string | null; inFlight: number; port: number | null }[];
  inFlight: number;
  sockets: number;
  failure: { message: string; output: string[]; retryAfterMs: number | null; failures: number } | null;
  breaker: { state: BreakerState; retryAfterMs: number | null } | null;
  stats: {
    requestsPerSecond: number;
    errorRate: number;
    averageMs: number | null;
    p50Ms: number | null;
    p95Ms: number | null;
    p99Ms: number | null;
  };
  faults: number;
}

type BreakerState = "closed" | "open" | "half-open";

/** A circuit breaker, as `GET /api/breakers` tells it. */
export interface Breaker {
  hostname: string;
  state: BreakerState;
  retryAfterMs: number | null;
}

/** What happened, as `GET /api/events` tells it. */
export interface EventRow {
  seq: number;
  time: string;
  type: string;
  hostname: string | null;
  text: string;
}

/** A request, as `GET /api/requests` tells it. */
export interface RequestRow {
  seq: number;
  id: string;
  time: string;
  hostname?: string;
  method: string;
  path: string;
  status?: number;
  outcome?: string;
  code?: string;
  durationMs: number;
}

/** A line of a log, as `GET /api/logs/NAME` tells it. */
export interface LogLine {
  seq: number;
  stream: string;
  text: string;
  complete: boolean;
}

/** A fault, as `GET /api/faults` tells it. */
export interface FaultRow {
  id: string | number;
  kind: string;
  hostname: string;
  remainingMs: number | null;
  [field: string]: unknown;
}

/** What `GET /api/metrics` tells that the command looks at. */
export interface Overview {
  systemOverview: {
    activeServers: number;
    requestsPerMin: number;
    avgResponseTime: number | null;
    errorRate: number;
    systemStatus: string;
  };
  pool: {
    running: number;
    starting: number;
    queued: number;
    stopping: number;
    backingOff: number;
    failed: number;
    maxServers: number;
  };
}
