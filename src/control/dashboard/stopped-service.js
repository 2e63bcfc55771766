/** @import { Shown } from "./status.js" */
/** @import { Service } from "./types.d.ts" */

/** What is shown of a hostname that the switchboard does not know. @type {Shown} */
export const NOT_THERE = { word: "no such hostname", tone: "off" };

/**
 * What is known of a hostname that the switchboard does not know.
 *
 * @param {string} hostname
 * @returns {Service}
 */
export function createStopped(hostname) {
  return {
    hostname,
    url: "",
    kind: null,
    state: "stopped",
    health: null,
    port: null,
    pinned: false,
    declared: false,
    startedAt: null,
    uptimeMs: null,
    restarts: 0,
    replicas: [],
    inFlight: 0,
    waitsFor: null,
    sockets: 0,
    failure: null,
    breaker: null,
    stats: { requestsPerSecond: 0, errorRate: 0, averageMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0 },
    faults: 0,
  };
}
