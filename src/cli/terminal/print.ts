import type { Operation } from "effection";
import { formatFields } from "./fields.ts";
import { written } from "./flush.ts";
import { printableLines, toJsonLine } from "./printable.ts";
import { type Column, formatTable } from "./table.ts";

/** Prints whole lines. Waits for a reader that is slow: it decides, and Ctrl-C. */
export function* print(lines: string): Operation<void> {
  if (!process.stdout.write(lines)) yield* written(process.stdout);
}

/** Prints a value as one line of JSON. */
export function printJson(value: unknown): Operation<void> {
  return print(toJsonLine(value));
}

/** Prints a table that fits the terminal; whole, and without colours, where there is none. */
export function printTable<T>(columns: readonly Column<T>[], rows: readonly T[], header = true): Operation<void> {
  const { isTTY } = process.stdout;
  return print(
    formatTable(columns, rows, {
      header,
      width: terminalWidth(),
      colours: isTTY === true && !process.env.NO_COLOR,
    }),
  );
}

/** Prints fields, whose text begins at column `indent`, and breaks lines to fit the terminal. */
export function printFields(
  fields: readonly (readonly [title: string, text: string])[],
  indent: number,
): Operation<void> {
  return print(formatFields(fields, indent, terminalWidth()));
}

/** How wide the terminal is; `undefined` where there is none. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

/** Says something to people that is no result. */
export function note(sentence: string): void {
  process.stderr.write(`switchboard: ${printableLines(sentence)}\n`);
}
