import { z } from "zod";
import { component } from "./common.ts";
import { EventRow } from "./journal.ts";
import { Breaker } from "./limits.ts";
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
      .describe(
        "`degraded` when some service is not well, or has failed last and may be tried again; `unhealthy` when none is well.",
      ),
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
    backingOff: z.number().int().describe("How many have failed, and cannot be started yet."),
    failed: z.number().int().describe("How many others do not run because they have failed."),
    maxServers: z.number().int(),
  }),
);

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
