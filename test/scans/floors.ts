import { dirname, join, relative } from "node:path";
import { type Node, parse, walk } from "./syntax.ts";

/** The floors of the house, from the top. A file imports from its own folder or from a lower floor. */
const FLOORS: readonly (readonly string[])[] = [
  ["index", "cli", "testing"],
  ["start"],
  ["switchboard", "control"],
  ["pool"],
  ["server", "resilience", "observe", "cluster"],
  ["base"],
];

/** Sources by their path below `src/`. */
export type Sources = ReadonlyMap<string, string>;

/** Imports that go upwards, or to another room on the same floor. */
export function findUpwardImports(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) =>
    importsOf(file, text)
      .filter((target) => room(file) !== room(target) && floor(target) <= floor(file))
      .map((target) => `${file} -> ${target}`),
  );
}

/** Import cycles, each as the list of its files. */
export function findCycles(sources: Sources): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const at = path.indexOf(file);
    if (at !== -1) cycles.push([...path.slice(at), file]);
    if (at !== -1 || done.has(file)) return;
    for (const target of importsOf(file, sources.get(file) ?? "")) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}

function room(file: string): string {
  return (file.split("/")[0] as string).replace(/\.ts$/, "");
}

function floor(file: string): number {
  const found = FLOORS.findIndex((rooms) => rooms.includes(room(file)));
  if (found === -1) throw new Error(`${file} is on no floor: add its folder to the floors, and to the README`);
  return found;
}

function importsOf(file: string, text: string): string[] {
  const found: string[] = [];
  walk(parse(file, text), (node) => {
    const source = ["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression"].includes(
      node.type,
    )
      ? (node.source as Node | null)
      : null;
    const path = source?.value;
    if (typeof path === "string" && path.startsWith(".")) found.push(relative(".", join(dirname(file), path)));
    return undefined;
  });
  return found;
}
