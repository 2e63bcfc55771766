import { stripVTControlCharacters } from "node:util";

/**
 * What a terminal might obey, or what makes text look like other text: C0 and C1 control characters, line and paragraph
 * separators, marks of direction, and halves of surrogate pairs.
 */
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** {@link CONTROL}, but for what may stay where text has several lines. */
const CONTROL_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `text` on one line, with everything a terminal might obey written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(CONTROL, toEscape);
}

/** {@link printable} for a line of a log: sequences that only paint disappear, and tabs stay. */
export function printableLog(text: string): string {
  return printableLines(text).replaceAll("\n", "\\u000a");
}

/** {@link printableLog} for text of several lines. */
export function printableLines(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL_IN_LINES, toEscape);
}

/** A value as JSON on one line, in which nothing is left that a terminal might obey. */
export function toJsonLine(value: unknown): string {
  return `${printable(JSON.stringify(value))}\n`;
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
