/** The one of `known` that was most likely meant: one letter is different, or two of a long word. */
export function suggest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = written.length < 5 ? 2 : 3;
  for (const word of known) {
    const distance = distanceOf(written, word);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best;
}

/** How many letters are to be added, left out, changed, or swapped with their neighbour. */
function distanceOf(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? Infinity) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(changed, swapped, (last[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
