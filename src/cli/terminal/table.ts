import { styleText } from "node:util";
import { displayWidth, fitWidth } from "./display-width.ts";
import { printable, printableLines } from "./printable.ts";

/** A column of a table. */
export interface Column<T> {
  title: string;
  /** What stands in it; `undefined` and `null` are shown as `-`. */
  of(row: T): string | number | null | undefined;
  /** Numbers stand at the right. @default false */
  right?: boolean;
  /** On a narrow terminal those with the highest number are left out first; 0 never is. @default 0 */
  optional?: number;
  /** It is at least so wide, so that rows that come one by one stand below each other. @default as wide as needed */
  typical?: number;
  /** How a cell is painted, where there are colours. @default not at all */
  style?(row: T): Style | undefined;
  /** Further lines that stand below the row, whatever the columns. @default none */
  below?(row: T): string;
  /** What is too long for the terminal is cut here, down to this width. @default never */
  least?: number;
}

type Style = Parameters<typeof styleText>[0];

/** How a table is written. */
export interface TableFormat {
  /** How wide the terminal is; without it nothing is left out or cut, so that programs find every column. */
  width?: number | undefined;
  colours?: boolean;
  /** Whether the titles are written. @default true */
  header?: boolean;
}

const GAP = 2;
/** Tells what belongs to a row from the next row. */
const INDENT = "    ";

/**
 * The lines of a table, each with its line feed. To fit a terminal, columns that can be spared are left out, then the
 * ones that may be are cut.
 */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[], format: TableFormat = {}): string {
  const { width, colours = false, header = true } = format;
  const sized = columns.map((column) => {
    const cells = [column.title, ...rows.map((row) => toCell(column.of(row)))];
    return {
      column,
      cells,
      width: cells.reduce((most, cell) => Math.max(most, displayWidth(cell)), column.typical ?? 0),
    };
  });
  const shown = width === undefined ? sized : squeeze(sized, width);
  const lines = [undefined, ...rows].map((row, index) => {
    const cells = shown.map((each, at) => {
      const text = fitWidth(each.cells[index] as string, each.width);
      const style = colours && row !== undefined ? each.column.style?.(row) : undefined;
      const painted = style === undefined ? text : styleText(style, text, { validateStream: false });
      const space = " ".repeat(each.width - displayWidth(text));
      if (each.column.right) return space + painted;
      return at === shown.length - 1 ? painted : painted + space;
    });
    const below = row === undefined ? [] : shown.flatMap(({ column }) => linesBelow(column.below?.(row) ?? "", width));
    return [cells.join(" ".repeat(GAP)), ...below].map((line) => `${line}\n`).join("");
  });
  return lines.slice(header ? 0 : 1).join("");
}

function linesBelow(text: string, width: number | undefined): string[] {
  if (text === "") return [];
  const lines = printableLines(text).split("\n");
  return lines.map((line) => fitWidth(INDENT + line.replaceAll("\t", "  "), width ?? Number.POSITIVE_INFINITY));
}

interface Sized<T> {
  column: Column<T>;
  cells: readonly string[];
  width: number;
}

function squeeze<T>(columns: readonly Sized<T>[], width: number): Sized<T>[] {
  let shown = [...columns];
  const needed = (width: (sized: Sized<T>) => number) =>
    shown.reduce((sum, sized) => sum + width(sized) + GAP, 0) - GAP;
  const leastOf = ({ column, width }: Sized<T>) => Math.min(width, column.least ?? width);
  while (needed(leastOf) > width) {
    const spared = Math.max(...shown.map(({ column }) => column.optional ?? 0));
    if (spared === 0) break;
    shown = shown.filter(({ column }) => column.optional !== spared);
  }
  let over = needed((sized) => sized.width) - width;
  return shown.map((sized) => {
    const cut = Math.max(0, Math.min(over, sized.width - leastOf(sized)));
    over -= cut;
    return { ...sized, width: sized.width - cut };
  });
}

function toCell(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === "" ? "-" : printable(String(value));
}
