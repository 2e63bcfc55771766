const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** How long to wait after the `failures`th failure in a row, in milliseconds. */
export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random();
}
