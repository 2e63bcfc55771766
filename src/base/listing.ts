/** How many names a message lists. */
const MAX_NAMES = 20;

/** How long the list may become. */
const MAX_TEXT = 200;

/** So many of them, for a message: `1 request`, `2 requests`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Which names exist, for a message: at most 20, on one line of a readable length, and how many more there are. */
export function thereAre(names: readonly string[]): string {
  if (names.length === 0) return "there are no names yet";
  let shown = 0;
  let length = 0;
  while (shown < Math.min(names.length, MAX_NAMES) && length <= MAX_TEXT) {
    length += (names[shown] as string).length;
    shown += 1;
  }
  const more = names.length - shown;
  return `the names that exist: ${names.slice(0, shown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
