import { displayWidth } from "./display-width.ts";

/** On a terminal with less room than this for the text, it is the terminal that breaks lines. */
const LEAST_ROOM = 20;

/**
 * A line for each field: its title, and what it says from column `indent` on. What does not fit in `width` columns stands
 * below where it begins, as further lines do. Without `width` no line is broken.
 */
export function formatFields(
  fields: readonly (readonly [title: string, text: string])[],
  indent: number,
  width?: number,
): string {
  return fields.map(([title, text]) => `${title.padEnd(indent)}${fitLines(text, indent, width)}\n`).join("");
}

/** `text`, of which all but the first line begins at column `indent`. */
export function fitLines(text: string, indent: number, width?: number): string {
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_ROOM, width - indent);
  const lines = text.split("\n").flatMap((line) => wrap(line, room));
  return lines.join(`\n${" ".repeat(indent)}`);
}

/** Breaks `line` between words, each part with its indentation. A word that is too long stands alone. */
function wrap(line: string, room: number): string[] {
  const [start = ""] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current: string | undefined;
  for (const word of line.slice(start.length).split(" ")) {
    const longer: string = current === undefined ? start + word : `${current} ${word}`;
    if (current !== undefined && displayWidth(longer) > room) {
      lines.push(current);
      current = start + word;
    } else current = longer;
  }
  return [...lines, current ?? ""];
}
