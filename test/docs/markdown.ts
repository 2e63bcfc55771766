import { oneLine } from "./doc-comment.ts";

/** A table with one row for each list of cells. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(toCell).join(" | ")} |`);
  return lines.join("\n");
}

/** Doc text as Markdown: each `{@link X}` is what `link` makes of it. */
export function toMarkdown(text: string, link: (name: string) => string = code): string {
  return text.replace(/\{@link ([\w.]+)\}/g, (_match, name: string) => link(name));
}

/** What an option is when it is left out, from its `@default`: values as code, words as they are. */
export function toDefault(optional: boolean, text: string | undefined): string {
  if (!optional) return "required";
  if (text === undefined || text === "none") return "";
  return /^(?:"[^"]*"|-?\d+|true|false|Infinity|\[\]|\{\})$/.test(text) ? code(text) : text;
}

/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}

function toCell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}
