/** @import { FaultRow } from "./types.d.ts" */

/**
 * A number that belongs to a kind of fault.
 *
 * @typedef {{ name: "ms" | "jitterMs" | "status" | "afterBytes" | "bytesPerSecond", label: string, value: number, min: number, max?: number }} FaultNumber
 */

/**
 * What can go wrong on purpose.
 *
 * @type {Record<string, { label: string, numbers: FaultNumber[] }>}
 */
export const FAULT_KINDS = {
  latency: {
    label: "Latency: delivered later",
    numbers: [
      { name: "ms", label: "Delay (ms)", value: 500, min: 0 },
      { name: "jitterMs", label: "and up to (ms) more", value: 0, min: 0 },
    ],
  },
  status: {
    label: "Status: answered with it",
    numbers: [{ name: "status", label: "Status", value: 503, min: 400, max: 599 }],
  },
  refuse: { label: "Refuse: 502, as if its server refused", numbers: [] },
  abort: { label: "Abort: reset before the answer", numbers: [] },
  cut: {
    label: "Cut: reset within the body",
    numbers: [{ name: "afterBytes", label: "After (bytes)", value: 100, min: 0 }],
  },
  "slow-body": {
    label: "Slow body",
    numbers: [{ name: "bytesPerSecond", label: "Bytes per second", value: 1_000, min: 1 }],
  },
  unhealthy: { label: "Unhealthy: its health checks fail", numbers: [] },
};

/**
 * A fault in words.
 *
 * @param {FaultRow} fault
 * @returns {string}
 */
export function describeFault({ kind, method, path, percentage = 100, first, ...numbers }) {
  const values = (FAULT_KINDS[kind]?.numbers ?? [])
    .filter(({ name }) => numbers[name] !== undefined)
    .map(({ name, label }) => `${label.toLowerCase()} ${numbers[name]}`);
  const which = [
    method,
    path,
    percentage < 100 && `${percentage} % of them`,
    first !== undefined && `the first ${first}`,
  ].filter(Boolean);
  return [kind, ...values, which.length > 0 ? `for ${which.join(", ")}` : "for every request"].join(", ");
}
