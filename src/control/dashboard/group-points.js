/** @import { Point } from "./types.d.ts" */

/** More points than this are noise in a chart as small as these. */
const POINTS = 120;

/**
 * What a chart shows of a series: so many steps together that it has few points. Requests and errors are those of a second;
 * of durations and of what was in flight the highest counts.
 *
 * @typedef {Omit<Point, "time"> & { time: number }} Group
 */

/**
 * @param {readonly Point[]} points
 * @param {number} stepMs
 * @returns {Group[]} with times in seconds since 1970
 */
export function groupPoints(points, stepMs) {
  const spanMs = stepMs * Math.max(1, Math.ceil(points.length / POINTS));
  /** @type {Map<number, Point[]>} */
  const spans = new Map();
  for (const point of points) {
    const span = Math.floor(Date.parse(point.time) / spanMs);
    spans.set(span, [...(spans.get(span) ?? []), point]);
  }
  return [...spans].map(([span, group]) => toGroup((span * spanMs) / 1_000, group, (group.length * stepMs) / 1_000));
}

/**
 * @param {number} time
 * @param {Point[]} points
 * @param {number} seconds
 * @returns {Group}
 */
function toGroup(time, points, seconds) {
  return {
    time,
    requests: points.reduce((sum, { requests }) => sum + requests, 0) / seconds,
    errors: points.reduce((sum, { errors }) => sum + errors, 0) / seconds,
    p50Ms: highest(points.map(({ p50Ms }) => p50Ms)),
    p95Ms: highest(points.map(({ p95Ms }) => p95Ms)),
    p99Ms: highest(points.map(({ p99Ms }) => p99Ms)),
    inFlight: highest(points.map(({ inFlight }) => inFlight)) ?? 0,
  };
}

/**
 * @param {(number | null)[]} values
 * @returns {number | null}
 */
function highest(values) {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
