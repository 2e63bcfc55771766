/** @import { RequestRow } from "./types.d.ts" */

/**
 * Which requests are shown. Everything is text, as people type it; empty is any.
 *
 * @typedef {{ status: string, method: string, path: string, minMs: string, outcome: string }} RequestFilter
 */

/** @type {RequestFilter} */
export const ANY = { status: "", method: "", path: "", minMs: "", outcome: "" };

/**
 * For those that the API is asked for.
 *
 * @param {RequestFilter} filter
 * @param {Record<string, string | number>} more
 * @returns {URLSearchParams}
 */
export function toQuery(filter, more) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, ...more })) {
    if (value !== "") query.set(name, String(value));
  }
  return query;
}

/**
 * For those that come by themselves: as the API does it.
 *
 * @param {RequestFilter} filter
 * @param {RequestRow} request
 * @returns {boolean}
 */
export function fits({ status, method, path, minMs, outcome }, request) {
  return (
    (status === "" || String(request.status ?? "").startsWith(status.replace("xx", ""))) &&
    (method === "" || request.method === method) &&
    (path === "" || request.path.includes(path)) &&
    (minMs === "" || request.durationMs >= Number(minMs)) &&
    (outcome === "" || request.outcome === outcome)
  );
}
