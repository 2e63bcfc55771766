import { type ReadText, readEntryPoints } from "./api.ts";
import { renderReference } from "./reference.ts";
import { codesTable, eventsTable, optionsTable } from "./tables.ts";

/** The page with the generated tables. */
const TABLES = "src/start/README.md";

/** The generated texts, by the path of their file: the reference, and the page with its generated tables. */
export function generate(read: ReadText): Map<string, string> {
  const entryPoints = readEntryPoints(read);
  const tables = {
    options: optionsTable(entryPoints),
    events: eventsTable(entryPoints),
    codes: codesTable(entryPoints),
  };
  const page = Object.entries(tables).reduce(
    (text, [name, table]) => replaceBlock(text, name, table),
    read(TABLES) ?? "",
  );
  return new Map([
    [TABLES, page],
    ["src/README.md", renderReference(entryPoints)],
  ]);
}

/** Replaces what stands between the two comments that mark the block `name`. */
export function replaceBlock(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the page has no block between ${begin} and ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${block}\n\n${text.slice(to)}`;
}
