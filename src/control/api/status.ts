import { z } from "zod";
import { shuttingDown } from "../control-error.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { toEventRow } from "../event-rows.ts";
import { overviewOf, totalsOf } from "../overview.ts";
import { HistorySeries, Liveness, Readiness, Servers, SystemMetrics } from "../schemas/system.ts";
import { breakerRow, takeSnapshot } from "../service-rows.ts";
import type { ControlSource } from "../source.ts";
import { toHistory } from "./history.ts";

const Range = z.strictObject({
  range: z.enum(["10m", "24h"]).default("10m").describe("By the second, or by the minute."),
});

/** How the switchboard is. */
export function statusEndpoints(source: ControlSource, startedAt: number): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/health",
      tag: "status",
      summary: "Whether it lives; 503 while it drains",
      access: "open",
      status: 200,
      answer: Liveness,
      also: [503],
      handle({ response }): Liveness {
        const draining = source.draining();
        response.status(draining ? 503 : 200);
        return { status: draining ? "draining" : "ok", uptimeMs: Math.round(performance.now() - startedAt) };
      },
    }),
    endpoint({
      method: "get",
      path: "/ready",
      tag: "status",
      summary: "Whether it takes requests",
      access: "open",
      status: 200,
      answer: Readiness,
      errors: [503],
      handle(): Readiness {
        if (!source.draining()) return { status: "ready" };
        throw shuttingDown();
      },
    }),
    endpoint({
      method: "get",
      path: "/servers",
      tag: "status",
      summary: "What the pool says of itself, with a URL for each server",
      access: "read",
      status: 200,
      answer: Servers,
      handle() {
        const infos = new Map(source.pool.list().map((info) => [info.hostname, info.startedAt.toISOString()]));
        const { servers, ...totals } = source.pool.inspect();
        const rows = servers.map((row) => ({
          ...row,
          url: source.url(row.hostname),
          startedAt: infos.get(row.hostname),
        }));
        return { ...totals, servers: rows };
      },
    }),
    endpoint({
      method: "get",
      path: "/metrics",
      tag: "status",
      summary: "Figures for Prometheus",
      access: "read",
      status: 200,
      contentType: "text/plain",
      async handle({ response }) {
        const { metrics } = source.observation;
        const text = await metrics.text();
        response.set("Content-Type", metrics.contentType).send(text);
        return undefined;
      },
    }),
    endpoint({
      method: "get",
      path: "/api/metrics",
      tag: "status",
      summary: "Everything at a glance",
      access: "read",
      status: 200,
      answer: SystemMetrics,
      handle: () => toSystemMetrics(source),
    }),
    endpoint({
      method: "get",
      path: "/api/history",
      tag: "status",
      summary: "How requests went, over all services",
      access: "read",
      query: Range,
      status: 200,
      answer: HistorySeries,
      handle: ({ query }) => toHistory(source, undefined, query.range),
    }),
  ];
}

function toSystemMetrics(source: ControlSource): SystemMetrics {
  const snapshot = takeSnapshot(source);
  const withReplicas = snapshot.hostnames
    .map((hostname) => snapshot.row(hostname))
    .filter(({ replicas }) => replicas.length > 0);
  return {
    time: new Date().toISOString(),
    systemOverview: overviewOf(source, snapshot),
    loadBalancer: {
      services: withReplicas.map(({ hostname, replicas }) => ({
        hostname,
        strategy: source.services.strategyOf(hostname),
        replicas,
      })),
    },
    circuitBreakers: source.circuits().map(([hostname, breaker]) => ({ hostname, ...breakerRow(breaker) })),
    scaling: {
      services: withReplicas.map(({ hostname, replicas }) => ({
        hostname,
        wanted: replicas.filter(({ state }) => state !== "stopping").length,
        running: replicas.filter(({ state }) => state === "running").length,
      })),
    },
    pool: totalsOf(source, snapshot),
    recentLogs: source.observation.events.query({ limit: 50 }).records.map(toEventRow),
  };
}
