import { type Endpoint, endpoint } from "../endpoint.ts";
import { BreakerList, FaultList, type FaultRow, Limits } from "../schemas/system.ts";
import { breakerRow } from "../service-rows.ts";
import type { ControlSource, FaultListing } from "../source.ts";

/** What bounds, breaks and fails. */
export function limitEndpoints(source: ControlSource): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/limits",
      tag: "limits",
      summary: "What bounds there are, and how full they are",
      access: "read",
      status: 200,
      answer: Limits,
      handle: () => toLimits(source),
    }),
    endpoint({
      method: "get",
      path: "/api/breakers",
      tag: "limits",
      summary: "The circuit breakers that have been asked",
      access: "read",
      status: 200,
      answer: BreakerList,
      handle: () => ({
        breakers: source.circuits().map(([hostname, breaker]) => ({ hostname, ...breakerRow(breaker) })),
      }),
    }),
    endpoint({
      method: "get",
      path: "/api/faults",
      tag: "faults",
      summary: "The faults that are set, those that were set by code included",
      access: "read",
      status: 200,
      answer: FaultList,
      handle: () => ({ faults: source.faults.list().map(toFaultRow) }),
    }),
  ];
}

/** A fault as the API tells it. */
export function toFaultRow({ id, fault, remainingMs, left }: FaultListing): FaultRow {
  return { ...fault, id, remainingMs: remainingMs ?? null, left: left ?? null };
}

function toLimits(source: ControlSource): Limits {
  const { running, starting, stopping, queued, requests, sockets } = source.pool.inspect();
  const { concurrency, rateLimits } = source.limits();
  const use = ({ size, last, dropped }: { size: number; last: number; dropped: number }) => ({ size, last, dropped });
  return {
    servers: { max: source.maxServers, used: running + starting + stopping },
    starts: { max: source.maxStarts, waiting: queued },
    pinned: { max: source.maxServers, used: source.pool.pinned().length },
    requests,
    sockets,
    concurrency,
    rateLimits,
    journal: { requests: use(source.observation.requests), events: use(source.observation.events) },
  };
}
