import { z } from "zod";
import { notFound } from "../control-error.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Hostname } from "../schemas/common.ts";
import { Breaker, BreakerList, Limits } from "../schemas/limits.ts";
import { breakerRow } from "../service-rows.ts";
import type { ControlSource } from "../source.ts";

const Params = z.strictObject({ hostname: Hostname });

const BreakerInput = z
  .discriminatedUnion("action", [
    z.strictObject({ action: z.literal("reset") }),
    z.strictObject({
      action: z.literal("open"),
      forMs: z
        .number()
        .min(1)
        .max(2 ** 31 - 1)
        .optional()
        .describe("For so long; until it is reset unless it is given."),
    }),
  ])
  .meta({ examples: [{ action: "open", forMs: 60_000 }] });

/** What bounds, and what breaks. */
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
      method: "post",
      path: "/api/breakers/{hostname}",
      tag: "limits",
      summary: "Closes a circuit breaker, or forces it open",
      access: "write",
      params: Params,
      body: BreakerInput,
      status: 200,
      answer: Breaker,
      errors: [404],
      handle({ params: { hostname }, body }) {
        const breaker = source.circuit(hostname);
        if (breaker === undefined) {
          const detail = `no circuit breaker is set for "${hostname}"; set the option circuitBreaker for it`;
          throw notFound("BREAKER_NOT_FOUND", detail, { hostname });
        }
        if (body.action === "reset") breaker.reset();
        else breaker.force("open", body.forMs);
        return { hostname, ...breakerRow(breaker) };
      },
    }),
  ];
}

function toLimits(source: ControlSource): Limits {
  const { running, starting, stopping, queued, requests, sockets } = source.pool.inspect();
  const use = ({ size, last, dropped }: { size: number; last: number; dropped: number }) => ({ size, last, dropped });
  return {
    servers: { max: source.maxServers, used: running + starting + stopping },
    starts: { max: source.maxStarts, waiting: queued },
    pinned: { max: source.maxServers, used: source.pool.pinned().length },
    requests,
    sockets,
    ...source.limits(),
    journal: { requests: use(source.observation.requests), events: use(source.observation.events) },
  };
}
