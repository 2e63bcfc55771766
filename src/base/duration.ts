/** A duration, as people say it: `34 ms`, `1.2 s`, `2m 43s`. */
export function toTime(ms: number): string {
  if (ms >= 60_000) return toSpan(ms);
  return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** A long duration in its two largest units: `3d 4h`, `12m 5s`. */
export function toSpan(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = units.findIndex(([amount]) => amount > 0);
  if (first === -1) return "0s";
  return units
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(" ");
}
