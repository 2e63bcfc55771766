/** Durations up to here are all alike, in milliseconds. */
const SHORTEST_MS = 0.05;
/** By what factor a bucket reaches further than the one before it. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);

/** How many buckets there are: up to 14 minutes; what takes longer is in the last one. */
export const BUCKETS = 176;
/** So many codes for one bucket: what is kept as a code is less than 0.02 % off. */
const FINENESS = 256;
/** In place of a code: there was no duration. */
export const NO_CODE = 0;

/** Which percentiles are kept, as shares. */
const SHARES = [0.5, 0.95, 0.99] as const;
/** p50, p95 and p99, in milliseconds. */
export type Percentiles = readonly [p50: number, p95: number, p99: number];

/** The bucket of a duration. */
export function bucketOf(ms: number): number {
  if (!(ms > SHORTEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log(ms / SHORTEST_MS) / LOG_GROWTH) + 1);
}

/**
 * What a bucket stands for, in milliseconds: its geometric middle, which is at most 4.9 % away from each duration in it.
 * For the first one that is 0.048, for 0.05 and less; the last one has no end.
 */
function durationIn(bucket: number): number {
  return SHORTEST_MS * GROWTH ** (bucket - 0.5);
}

/**
 * The percentiles of what is counted in `counts` from `from` on; `undefined` when that is nothing. A bucket says how long
 * about; but none is below the shortest or above the longest, and one that is the shortest or the longest is exact.
 */
export function percentilesOf(
  counts: Uint16Array | Uint32Array,
  from: number,
  shortestMs: number,
  longestMs: number,
): Percentiles | undefined {
  let total = 0;
  for (let i = 0; i < BUCKETS; i += 1) total += counts[from + i] as number;
  if (total === 0) return undefined;
  const shortest = bounded(shortestMs);
  const longest = bounded(longestMs);
  let bucket = 0;
  let passed = counts[from] as number;
  const [p50, p95, p99] = SHARES.map((share) => {
    const rank = Math.ceil(share * total);
    while (passed < rank) {
      bucket += 1;
      passed += counts[from + bucket] as number;
    }
    if (rank === total) return longest;
    return rank === 1 ? shortest : Math.min(Math.max(durationIn(bucket), shortest), longest);
  });
  return [p50 as number, p95 as number, p99 as number];
}

/** A duration in 16 bits. */
export function toCode(ms: number): number {
  return Math.round((Math.log(ms / SHORTEST_MS) / LOG_GROWTH + 1) * FINENESS);
}

/** What {@link toCode} has made a code of, in milliseconds. */
export function fromCode(code: number): number {
  return SHORTEST_MS * GROWTH ** (code / FINENESS - 1);
}

/** What the buckets can tell of a duration. */
function bounded(ms: number): number {
  return Math.min(Math.max(ms, durationIn(0)), durationIn(BUCKETS - 1));
}
