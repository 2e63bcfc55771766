/** @import { Point } from "./types.d.ts" */

/** More points than this are noise in a chart as small as these. */
const POINTS = 120;
/** How long a chart is, in seconds: also when less has happened. */
const RANGE_S = { "10m": 600, "24h": 86_400 };

/**
 * What a chart shows of a series: so many steps together that it has few points. Requests and errors are those of a second;
 * of durations and of what was in flight the highest counts. What is not known is null.
 *
 * @typedef {{ [K in keyof Omit<Point, "time">]: number | null } & { time: number }} Group
 */

/**
 * @param {readonly Point[]} points
 * @param {number} stepMs
 * @param {"10m" | "24h"} range
 * @returns {Group[]} of the whole range, with times in seconds since 1970
 */
export function groupPoints(points, stepMs, range) {
  const spanMs = (RANGE_S[range] * 1_000) / POINTS;
  /** @type {Map<number, Point[]>} */
  const spans = new Map();
  for (const point of points) {
    const span = Math.floor(Date.parse(point.time) / spanMs);
    const group = spans.get(span);
    if (group === undefined) spans.set(span, [point]);
    else group.push(point);
  }
  const last = [...spans.keys()].at(-1) ?? Math.floor(Date.now() / spanMs);
  return Array.from({ length: POINTS }, (_, i) => {
    const span = last - POINTS + 1 + i;
    const group = spans.get(span) ?? [];
    return toGroup((span * spanMs) / 1_000, group, (group.length * stepMs) / 1_000);
  });
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
    requests: seconds === 0 ? null : points.reduce((sum, { requests }) => sum + requests, 0) / seconds,
    errors: seconds === 0 ? null : points.reduce((sum, { errors }) => sum + errors, 0) / seconds,
    p50Ms: highest(points.map(({ p50Ms }) => p50Ms)),
    p95Ms: highest(points.map(({ p95Ms }) => p95Ms)),
    p99Ms: highest(points.map(({ p99Ms }) => p99Ms)),
    inFlight: highest(points.map(({ inFlight }) => inFlight)),
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
