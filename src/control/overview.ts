import type { PoolTotals, SystemOverview } from "./schemas/system.ts";
import type { ServiceSnapshot } from "./service-rows.ts";
import type { ControlSource } from "./source.ts";

/** How the system is, in a few figures. */
export function overviewOf(source: ControlSource, { pool }: ServiceSnapshot): SystemOverview {
  const { requestsPerMinute, averageMs, errorRate } = source.observation.history.stats();
  return {
    activeServers: pool.running,
    requestsPerMin: requestsPerMinute,
    avgResponseTime: averageMs,
    errorRate,
    systemStatus: statusOf(source, pool),
  };
}

/** How full the pool is. */
export function totalsOf({ maxServers }: ControlSource, { pool }: ServiceSnapshot): PoolTotals {
  const { running, starting, queued, stopping, backingOff, failed } = pool;
  return { running, starting, queued, stopping, backingOff, failed, maxServers };
}

/**
 * What stops, or starts, says nothing: it comes and goes all the time. What has failed last is not well, also while it may
 * be tried again.
 */
function statusOf(
  source: ControlSource,
  { servers, refused }: ServiceSnapshot["pool"],
): SystemOverview["systemStatus"] {
  if (source.draining()) return "draining";
  const running = servers.filter(({ state }) => state === "running");
  const isWell = refused.length === 0 && running.every(({ health }) => health === "healthy");
  if (isWell && source.circuits().every(([, { state }]) => state === "closed")) {
    return source.pool.failures().length === 0 ? "healthy" : "degraded";
  }
  return running.some(({ health }) => health === "healthy") ? "degraded" : "unhealthy";
}
