import type { PoolSample } from "../observe/metrics/pool.ts";
import type { FrontDoor } from "../switchboard/front-door.ts";

/** How a pool is before there is one. */
export function emptySample(): PoolSample {
  const none = { running: 0, starting: 0, queued: 0, stopping: 0, backingOff: 0, failed: 0 };
  return { ...none, maxServers: 0, websockets: 0, services: [] };
}

/** How the pool behind a front door is, for metrics. */
export function samplePool({ pool, circuits }: FrontDoor, maxServers: number): PoolSample {
  const { servers, refused: _refused, requests: _requests, sockets, ...counts } = pool.inspect();
  const breakers = new Map(circuits().map(([hostname, { state }]) => [hostname, state]));
  const services = servers.map(({ hostname, requests, sockets: open, replicas, state }) => ({
    hostname,
    requests,
    sockets: open,
    replicas: Math.max(replicas.filter((replica) => replica.state === "running").length, state === "running" ? 1 : 0),
    breaker: breakers.get(hostname),
  }));
  const known = new Set(servers.map(({ hostname }) => hostname));
  const others = [...breakers].filter(([hostname]) => !known.has(hostname));
  const idle = others.map(([hostname, breaker]) => ({ hostname, requests: 0, sockets: 0, replicas: 0, breaker }));
  return { ...counts, maxServers, websockets: sockets.active, services: [...services, ...idle] };
}
