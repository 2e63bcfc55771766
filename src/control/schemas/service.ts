import { z } from "zod";
import { component } from "./common.ts";

/** One of the servers that share the requests of a service. */
export interface Replica {
  id: number;
  state: "starting" | "running" | "backing-off" | "failed" | "stopping";
  health: "healthy" | "degraded" | "unhealthy";
  inFlight: number;
  port: number | null;
}

const Health = z.enum(["healthy", "degraded", "unhealthy"]);

export const Replica: z.ZodType<Replica> = component(
  "Replica",
  z
    .object({
      id: z.number().int().describe("Its number, from 1: it keeps it when it is started again."),
      state: z.enum(["starting", "running", "backing-off", "failed", "stopping"]),
      health: Health,
      inFlight: z.number().int(),
      port: z.number().int().nullable().describe("Null before it has listened."),
    })
    .describe("One of the servers that share the requests of a service."),
);

/** How requests went in the last 60 s. */
interface ServiceStats {
  requestsPerSecond: number;
  errorRate: number;
  averageMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

const ServiceStats: z.ZodType<ServiceStats> = component(
  "ServiceStats",
  z
    .object({
      requestsPerSecond: z.number(),
      errorRate: z.number().describe("From 0 to 1: answers of 500 or more, and requests that failed or timed out."),
      averageMs: z.number(),
      p50Ms: z.number(),
      p95Ms: z.number(),
      p99Ms: z.number(),
    })
    .describe("How requests went in the last 60 s."),
);

/** What is known of a hostname. */
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
  replicas: Replica[];
  inFlight: number;
  sockets: number;
  waitsFor: string | null;
  failure: { message: string; output: string[]; retryAfterMs: number; failures: number } | null;
  breaker: { state: "closed" | "open" | "half-open"; retryAfterMs: number | null } | null;
  stats: ServiceStats;
  faults: number;
  spark?: number[] | undefined;
}

export const Service: z.ZodType<Service> = component(
  "Service",
  z
    .object({
      hostname: z.string().meta({ examples: ["shop"] }),
      url: z.string().meta({ examples: ["http://shop.localhost:8000"] }),
      kind: z
        .enum(["inline", "thread", "command", "remote"])
        .nullable()
        .describe("Where it runs; null before it runs."),
      state: z
        .enum(["running", "starting", "stopping", "backing-off", "failed", "stopped"])
        .describe(
          "`backing-off` and `failed` do not run because of their `failure`: the first cannot be started yet, the others can once its `retryAfterMs` is 0.",
        ),
      health: Health.nullable().describe("Null unless it runs."),
      port: z.number().int().nullable().describe("Its own port; null unless it runs."),
      pinned: z.boolean().describe("Whether it is kept: neither idle for too long, nor in the way of others."),
      declared: z.boolean().describe("Whether an app stands under exactly this name."),
      startedAt: z.iso.datetime().nullable(),
      uptimeMs: z.number().int().nullable(),
      restarts: z.number().int().describe("How often it was started again since it was last well."),
      replicas: z.array(Replica).describe("Empty for an inline app."),
      inFlight: z.number().int().describe("Requests in flight."),
      sockets: z.number().int().describe("Upgraded sockets that are open."),
      waitsFor: z.string().nullable().describe("What a start waits for, where that is known; null otherwise."),
      failure: z
        .object({
          message: z.string(),
          output: z.array(z.string()).describe("What it printed last before that, of a thread or a command."),
          retryAfterMs: z.number().int(),
          failures: z.number().int(),
        })
        .nullable()
        .describe("Its last failure, until it is well again; `retryAfterMs` is 0 when it can be started, or runs."),
      breaker: z
        .object({ state: z.enum(["closed", "open", "half-open"]), retryAfterMs: z.number().nullable() })
        .nullable()
        .describe("Null where no circuit breaker is set, or none has been asked yet."),
      stats: ServiceStats,
      faults: z.number().int().describe("How many faults are set that can strike it."),
      spark: z.array(z.number()).optional().describe("Requests per second, second by second, the newest last."),
    })
    .meta({
      description: "What is known of a hostname.",
      examples: [
        {
          hostname: "shop",
          url: "http://shop.localhost:8000",
          kind: "thread",
          state: "running",
          health: "healthy",
          port: 3001,
          startedAt: "2026-01-31T12:00:00.000Z",
          uptimeMs: 61_250,
          restarts: 0,
          replicas: [{ id: 1, state: "running", health: "healthy", inFlight: 2, port: 3001 }],
          inFlight: 2,
          sockets: 0,
          waitsFor: null,
          failure: null,
          pinned: false,
          declared: true,
          breaker: null,
          stats: { requestsPerSecond: 12.5, errorRate: 0.01, averageMs: 8.1, p50Ms: 6.2, p95Ms: 20.4, p99Ms: 41 },
          faults: 0,
        },
      ],
    }),
);

/** A page of services, by name. */
export interface ServiceList {
  services: Service[];
  total: number;
  next: string | null;
}

export const ServiceList: z.ZodType<ServiceList> = component(
  "ServiceList",
  z.object({
    services: z.array(Service),
    total: z.number().int().describe("How many fit, over all pages."),
    next: z.string().nullable().describe("The `after` of the next page; null on the last one."),
  }),
);
