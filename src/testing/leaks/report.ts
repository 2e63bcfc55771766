/** More than that is no longer read. */
const MOST_LINES = 20;

/** What was left, line by line: the same only once, and not too many. */
export function toReport(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const grouped = [...counts].map(([line, count]) => (count === 1 ? line : `${count} x ${line}`));
  const shown = grouped.slice(0, MOST_LINES);
  if (grouped.length > shown.length) shown.push(`and ${grouped.length - shown.length} more`);
  return `this was left behind:\n${shown.map((line) => `  ${line}`).join("\n")}`;
}
