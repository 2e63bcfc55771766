import type { ServerPoolInspection } from "../pool/inspection.ts";
import type { ServerInfo } from "../pool/server-info.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import type { Breaker } from "./schemas/limits.ts";
import type { Service } from "./schemas/service.ts";
import type { ControlSource } from "./source.ts";

type ServerRow = ServerPoolInspection["servers"][number];
type RefusedRow = ServerPoolInspection["refused"][number];

/** What is known of all services at one moment: also of those that have no server, but requests or faults. */
export interface ServiceSnapshot {
  pool: ServerPoolInspection;
  /** By name. */
  hostnames: string[];
  has(hostname: string): boolean;
  /** With `spark`, requests per second of so many seconds. */
  row(hostname: string, spark?: number): Service;
}

/** Looks at everything once: rows that are asked for are of this moment. */
export function takeSnapshot(source: ControlSource): ServiceSnapshot {
  const pool = source.pool.inspect();
  // Of two of one hostname one stops, and the other one waits for that: people are told of both in turn.
  const rows = [...pool.servers].sort((a, b) => Number(a.state === "stopping") - Number(b.state === "stopping"));
  const servers = new Map(rows.map((row) => [row.hostname, row]));
  const refused = new Map(pool.refused.map((row) => [row.hostname, row]));
  const running = new Map(source.pool.list().map((info) => [info.hostname, info]));
  const failures = new Map(source.pool.failures().map(({ hostname, ...failure }) => [hostname, failure]));
  const breakers = new Map(source.circuits());
  const declared = new Set(source.services.names());
  const pinned = new Set(source.pool.pinned());
  const faults = source.faults.list().map(({ fault }) => fault.hostname);
  const forAll = faults.filter((hostname) => hostname === "*").length;
  const struck = faults.filter((hostname) => hostname !== "*");
  // Strangers ask for names that nothing serves.
  const asked = source.observation.history.hostnames().filter((hostname) => source.services.serves(hostname));
  const known = new Set([...servers.keys(), ...failures.keys(), ...declared, ...pinned, ...struck, ...asked]);
  return {
    pool,
    hostnames: [...known].sort(),
    has: (hostname) => known.has(hostname),
    row: (hostname, spark) => ({
      hostname,
      url: source.url(hostname),
      ...lifeOf(servers.get(hostname), running.get(hostname), () =>
        downOf(refused.get(hostname), failures.has(hostname)),
      ),
      failure: failures.get(hostname) ?? null,
      pinned: pinned.has(hostname),
      declared: declared.has(hostname),
      breaker: ownBreaker(breakers.get(hostname)),
      stats: statsOf(source, hostname),
      faults: forAll + faults.filter((name) => name === hostname).length,
      ...(spark !== undefined && { spark: source.observation.history.spark(hostname, spark) }),
    }),
  };
}

type Life = Omit<
  Service,
  "hostname" | "url" | "failure" | "pinned" | "declared" | "breaker" | "stats" | "faults" | "spark"
>;

/** How one is that has no server. */
function downOf(refused: RefusedRow | undefined, hasFailed: boolean): Service["state"] {
  return refused?.state ?? (hasFailed ? "failed" : "stopped");
}

function lifeOf(row: ServerRow | undefined, info: ServerInfo | undefined, down: () => Service["state"]): Life {
  const runs = row?.state === "running" ? info : undefined;
  return {
    kind: runs?.kind ?? null,
    state: row === undefined || row.state === "gone" ? down() : row.state,
    health: (runs && row?.health) ?? null,
    port: runs?.port ?? null,
    startedAt: runs?.startedAt.toISOString() ?? null,
    uptimeMs: runs && row ? row.forMs : null,
    restarts: row?.restarts ?? 0,
    replicas: (row?.replicas ?? []).map((replica) => ({ ...replica, port: replica.port ?? null })),
    waitsFor: row?.waitsFor ?? null,
    inFlight: row?.requests ?? 0,
    sockets: row?.sockets ?? 0,
  };
}

function ownBreaker(breaker: CircuitBreaker | undefined): Service["breaker"] {
  return breaker === undefined ? null : breakerRow(breaker);
}

function statsOf({ observation }: ControlSource, hostname: string): Service["stats"] {
  const { requestsPerSecond, errorRate, averageMs, p50Ms, p95Ms, p99Ms } = observation.history.stats(hostname);
  return { requestsPerSecond, errorRate, averageMs, p50Ms, p95Ms, p99Ms };
}

/** The state of a circuit breaker, as the API tells it. */
export function breakerRow({ state, retryAfterMs }: CircuitBreaker): Omit<Breaker, "hostname"> {
  return { state, retryAfterMs: retryAfterMs === undefined ? null : Math.ceil(retryAfterMs) };
}
