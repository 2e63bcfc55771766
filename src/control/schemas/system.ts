import { z } from "zod";
import { component } from "./common.ts";
import { EventRow } from "./journal.ts";
import { Replica } from "./service.ts";

/** Whether it lives. */
export interface Liveness {
  status: "ok" | "draining";
  uptimeMs: number;
}

export const Liveness: z.ZodType<Liveness> = component(
  "Liveness",
  z.object({ status: z.enum(["ok", "draining"]), uptimeMs: z.number().int() }),
);

/** That it takes requests. */
export interface Readiness {
  status: "ready";
}

export const Readiness: z.ZodType<Readiness> = component("Readiness", z.object({ status: z.literal("ready") }));

/** Who asks, and what they may do. */
export interface Session {
  role: "none" | "viewer" | "operator";
  canWrite: boolean;
  local: boolean;
  version: string;
}

export const Session: z.ZodType<Session> = component(
  "Session",
  z.object({
    role: z.enum(["none", "viewer", "operator"]).describe("`viewer` reads, `operator` changes, `none` needs a token."),
    canWrite: z.boolean(),
    local: z.boolean().describe("Whether the connection comes from this machine, and nobody forwards for another."),
    version: z.string(),
  }),
);

/** The system at a glance. */
export interface SystemOverview {
  activeServers: number;
  requestsPerMin: number;
  avgResponseTime: number;
  errorRate: number;
  systemStatus: "healthy" | "degraded" | "unhealthy" | "draining";
}

export const SystemOverview: z.ZodType<SystemOverview> = component(
  "SystemOverview",
  z.object({
    activeServers: z.number().int(),
    requestsPerMin: z.number(),
    avgResponseTime: z.number().describe("In milliseconds, over the last 60 s."),
    errorRate: z.number(),
    systemStatus: z
      .enum(["healthy", "degraded", "unhealthy", "draining"])
      .describe("`degraded` when some service is not well, `unhealthy` when none is."),
  }),
);

/** How full the pool is. */
export interface PoolTotals {
  running: number;
  starting: number;
  queued: number;
  stopping: number;
  backingOff: number;
  failed: number;
  maxServers: number;
}

export const PoolTotals: z.ZodType<PoolTotals> = component(
  "PoolTotals",
  z.object({
    running: z.number().int(),
    starting: z.number().int(),
    queued: z.number().int().describe("How many of those that start wait for their turn."),
    stopping: z.number().int(),
    backingOff: z.number().int(),
    failed: z.number().int(),
    maxServers: z.number().int(),
  }),
);

/** A circuit breaker. */
export interface Breaker {
  hostname: string;
  state: "closed" | "open" | "half-open";
  retryAfterMs: number | null;
}

export const Breaker: z.ZodType<Breaker> = component(
  "Breaker",
  z.object({
    hostname: z.string(),
    state: z.enum(["closed", "open", "half-open"]),
    retryAfterMs: z.number().nullable().describe("Until probes are let through; null unless that is known."),
  }),
);

/** All circuit breakers that have been asked. */
export interface BreakerList {
  breakers: Breaker[];
}

export const BreakerList: z.ZodType<BreakerList> = component("BreakerList", z.object({ breakers: z.array(Breaker) }));

/** Everything at a glance. */
export interface SystemMetrics {
  time: string;
  systemOverview: SystemOverview;
  loadBalancer: { services: { hostname: string; strategy: string; replicas: Replica[] }[] };
  circuitBreakers: Breaker[];
  scaling: { services: { hostname: string; wanted: number; running: number }[] };
  pool: PoolTotals;
  recentLogs: EventRow[];
}

export const SystemMetrics: z.ZodType<SystemMetrics> = component(
  "SystemMetrics",
  z
    .object({
      time: z.iso.datetime(),
      systemOverview: SystemOverview,
      loadBalancer: z.object({
        services: z.array(z.object({ hostname: z.string(), strategy: z.string(), replicas: z.array(Replica) })),
      }),
      circuitBreakers: z.array(Breaker),
      scaling: z.object({
        services: z.array(z.object({ hostname: z.string(), wanted: z.number().int(), running: z.number().int() })),
      }),
      pool: PoolTotals,
      recentLogs: z.array(EventRow).describe("The last 50 events, the newest first."),
    })
    .describe("Everything at a glance."),
);

/** How requests went over a time. */
export interface HistorySeries {
  stepMs: number;
  points: {
    time: string;
    requests: number;
    errors: number;
    p50Ms: number | null;
    p95Ms: number | null;
    p99Ms: number | null;
    inFlight: number;
  }[];
}

export const HistorySeries: z.ZodType<HistorySeries> = component(
  "HistorySeries",
  z.object({
    stepMs: z.number().int(),
    points: z.array(
      z.object({
        time: z.iso.datetime(),
        requests: z.number(),
        errors: z.number(),
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        p99Ms: z.number().nullable(),
        inFlight: z.number(),
      }),
    ),
  }),
);

/** A fault that is set. */
export interface FaultRow {
  id: number;
  remainingMs: number | null;
  left: number | null;
  [field: string]: unknown;
}

export const FaultRow: z.ZodType<FaultRow> = component(
  "FaultRow",
  z
    .looseObject({
      id: z.number().int(),
      kind: z.string(),
      hostname: z.string(),
      remainingMs: z.number().nullable().describe("Until it is over by itself; null for as long as it is set."),
      left: z.number().int().nullable().describe("How often it can strike yet; null without a limit."),
    })
    .describe("A fault that is set, with the fields that it was set with."),
);

/** The faults that are set. */
export interface FaultList {
  faults: FaultRow[];
}

export const FaultList: z.ZodType<FaultList> = component("FaultList", z.object({ faults: z.array(FaultRow) }));

/** What bounds there are, and how full they are. */
export interface Limits {
  servers: { max: number; used: number };
  starts: { max: number; waiting: number };
  pinned: { max: number; used: number };
  requests: { active: number };
  sockets: { active: number };
  concurrency: { hostname: string; max: number; active: number; queue: number; waiting: number }[];
  rateLimits: { limit: number; windowMs: number; by: string }[];
  journal: {
    requests: { size: number; last: number; dropped: number };
    events: { size: number; last: number; dropped: number };
  };
}

const JournalUse = z.object({ size: z.number().int(), last: z.number().int(), dropped: z.number().int() });

export const Limits: z.ZodType<Limits> = component(
  "Limits",
  z
    .object({
      servers: z.object({ max: z.number().int(), used: z.number().int() }).describe("`maxServers`"),
      starts: z.object({ max: z.number().int(), waiting: z.number().int() }).describe("`maxStarts`"),
      pinned: z.object({ max: z.number().int(), used: z.number().int() }),
      requests: z.object({ active: z.number().int() }),
      sockets: z.object({ active: z.number().int() }),
      concurrency: z
        .array(
          z.object({
            hostname: z.string(),
            max: z.number().int(),
            active: z.number().int(),
            queue: z.number().int(),
            waiting: z.number().int(),
          }),
        )
        .describe("Of each hostname that has a limit and has been asked for."),
      rateLimits: z.array(z.object({ limit: z.number().int(), windowMs: z.number(), by: z.string() })),
      journal: z.object({ requests: JournalUse, events: JournalUse }),
    })
    .describe("What bounds there are, and how full they are."),
);

/** What the pool says of itself. */
export interface Servers {
  servers: { hostname: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

export const Servers: z.ZodType<Servers> = component(
  "Servers",
  z
    .looseObject({ servers: z.array(z.looseObject({ hostname: z.string() })) })
    .describe("As `pool.inspect()` gives it."),
);
