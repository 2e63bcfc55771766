/** Over so many points without a value a line goes on: with little traffic most have none. */
const BRIDGED = 5;

/**
 * What uPlot draws of these values: it goes on over `undefined`, and ends at `null`.
 *
 * @param {readonly (number | null)[]} values
 * @returns {(number | null | undefined)[]}
 */
export function bridgeGaps(values) {
  /** @type {(number | null | undefined)[]} */
  const bridged = [...values];
  let last = Number.NEGATIVE_INFINITY;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (i - last <= BRIDGED) bridged.fill(undefined, last + 1, i);
    last = i;
  }
  return bridged;
}

/**
 * Where a value stands alone: a line through it alone cannot be seen.
 *
 * @param {readonly (number | null | undefined)[]} values
 * @returns {number[]}
 */
export function findLonely(values) {
  const isEnd = (/** @type {number} */ i) => i < 0 || i >= values.length || values[i] === null;
  return [...values.keys()].filter((i) => typeof values[i] === "number" && isEnd(i - 1) && isEnd(i + 1));
}
