import { z } from "zod";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Hostname, queryInteger } from "../schemas/common.ts";
import { Service, ServiceList } from "../schemas/service.ts";
import { HistorySeries } from "../schemas/system.ts";
import { takeSnapshot } from "../service-rows.ts";
import type { ControlSource } from "../source.ts";
import { toHistory } from "./history.ts";
import { noSuchService } from "./journal.ts";

const ListQuery = z.strictObject({
  search: z.string().max(253).toLowerCase().optional().describe("Text that is somewhere in the hostname."),
  state: z
    .enum(["running", "starting", "stopping", "backing-off", "failed", "stopped"])
    .optional()
    .describe(
      "In this state. `failed` are all that do not run because they failed: also those that are `backing-off`.",
    ),
  limit: queryInteger(1, 1_000, "At most so many. 100 unless it is given."),
  after: z.string().max(253).optional().describe("Only those after this hostname: the `next` of the page before."),
  spark: queryInteger(1, 600, "With the requests per second of so many seconds."),
});

const Params = z.strictObject({ hostname: Hostname });

/** What there is. */
export function serviceEndpoints(source: ControlSource): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/services",
      tag: "services",
      summary: "Every service, by name",
      access: "read",
      query: ListQuery,
      status: 200,
      answer: ServiceList,
      handle: ({ query }) => list(source, query),
    }),
    endpoint({
      method: "get",
      path: "/api/services/{hostname}",
      tag: "services",
      summary: "One service",
      access: "read",
      params: Params,
      query: z.strictObject({ spark: ListQuery.shape.spark }),
      status: 200,
      answer: Service,
      errors: [404],
      handle: ({ params: { hostname }, query: { spark } }) => oneService(source, hostname, spark),
    }),
    endpoint({
      method: "get",
      path: "/api/services/{hostname}/history",
      tag: "services",
      summary: "How requests for a service went",
      access: "read",
      params: Params,
      query: z.strictObject({
        range: z.enum(["10m", "24h"]).default("10m").describe("By the second, or by the minute."),
      }),
      status: 200,
      answer: HistorySeries,
      errors: [404],
      handle({ params: { hostname }, query: { range } }) {
        if (!takeSnapshot(source).has(hostname)) throw noSuchService(source, hostname);
        return toHistory(source, hostname, range);
      },
    }),
  ];
}

/** A service that is there; throws `SERVICE_NOT_FOUND`. */
export function oneService(source: ControlSource, hostname: string, spark?: number): Service {
  const snapshot = takeSnapshot(source);
  if (!snapshot.has(hostname)) throw noSuchService(source, hostname);
  return snapshot.row(hostname, spark);
}

function list(source: ControlSource, query: z.output<typeof ListQuery>): ServiceList {
  const { search = "", state, limit = 100, after = "", spark } = query;
  const snapshot = takeSnapshot(source);
  const found = snapshot.hostnames.filter((hostname) => hostname.includes(search));
  const inState = state === undefined ? found : found.filter((hostname) => isIn(snapshot.row(hostname), state));
  const rest = inState.filter((hostname) => hostname > after);
  const shown = rest.slice(0, limit);
  return {
    services: shown.map((hostname) => snapshot.row(hostname, spark)),
    total: inState.length,
    next: rest.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** Whoever looks for failures wants those, too, whose next start has to wait. */
function isIn({ state }: Service, asked: Service["state"]): boolean {
  return state === asked || (asked === "failed" && state === "backing-off");
}
