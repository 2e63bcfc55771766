import type { RequestOutcome, RequestRecord } from "../base/request-record.ts";

/**
 * Which requests are meant: those that fit everything that is given.
 *
 * **Lifetime.** Read at the call.
 *
 * **Failure.** None: what fits nothing finds nothing.
 */
export interface RequestFilter {
  /** Of this hostname. @default every one */
  hostname?: string | undefined;
  /** With this status, such as 404, or of this class, such as `"5xx"`. @default every one */
  status?: number | `${1 | 2 | 3 | 4 | 5}xx` | undefined;
  /** With this method, in any case. @default every one */
  method?: string | undefined;
  /** Whose target has this text in it. @default every one */
  path?: string | undefined;
  /** Which took at least so long. @default every one */
  minMs?: number | undefined;
  /** Which ended so. @default every one */
  outcome?: RequestOutcome | undefined;
  /** Which arrived at this time or later, in milliseconds since 1970. @default every one */
  since?: number | undefined;
  /** The one with this id. @default every one */
  id?: string | undefined;
}

/**
 * Makes what tells whether a request fits `filter`.
 *
 * **Lifetime.** It holds nothing but the filter.
 *
 * **Failure.** None.
 */
export function createRequestFilter(filter: RequestFilter): (record: RequestRecord) => boolean {
  const { hostname, status, path, minMs, outcome, since, id } = filter;
  const method = filter.method?.toUpperCase();
  const statusClass = typeof status === "string" ? Number(status[0]) : undefined;
  return (record) =>
    (hostname === undefined || record.hostname === hostname) &&
    (outcome === undefined || record.outcome === outcome) &&
    (method === undefined || record.method === method) &&
    (minMs === undefined || record.durationMs >= minMs) &&
    (since === undefined || record.time >= since) &&
    (id === undefined || record.id === id) &&
    (typeof status !== "number" || record.status === status) &&
    (statusClass === undefined || Math.floor((record.status ?? 0) / 100) === statusClass) &&
    (path === undefined || record.path.includes(path));
}
