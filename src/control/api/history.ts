import type { HistorySeries } from "../schemas/system.ts";
import type { ControlSource } from "../source.ts";

/** How requests went, for one hostname or in total. */
export function toHistory(
  { observation }: ControlSource,
  hostname: string | undefined,
  range: "10m" | "24h",
): HistorySeries {
  const { stepMs, points } = observation.history.series(hostname, range);
  return { stepMs, points: points.map((point) => ({ ...point, time: new Date(point.time).toISOString() })) };
}
