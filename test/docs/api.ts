import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Node, parseWithComments, type SourceComment } from "../scans/syntax.ts";
import { type Declaration, describe } from "./declaration.ts";

/** One way into the package, as users write it, and everything it exports. */
export interface EntryPoint {
  /** `effection-switchboard`, or with a path behind it. */
  name: string;
  exports: readonly Declaration[];
}

/** A source that was read. */
export interface Source {
  /** Its path from the root of the repository. */
  file: string;
  text: string;
  program: Node;
  comments: readonly SourceComment[];
}

/** Reads a file of the repository, by its path from the root; `undefined` when there is none. */
export type ReadText = (path: string) => string | undefined;

/** Reads from a folder of the disk. */
export function readFrom(root: string): ReadText {
  return (path) => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return undefined;
    }
  };
}

/** The entry points that package.json names and the sources have: `dist/x.js` is made of `src/x.ts`. */
export function readEntryPoints(read: ReadText): EntryPoint[] {
  const { name, exports } = JSON.parse(read("package.json") ?? "{}") as { name: string; exports: object };
  return Object.entries(exports).flatMap(([path, target]: [string, { default?: string } | string]) => {
    const built = typeof target === "string" ? target : (target.default ?? "");
    const [, module] = /^\.\/dist\/(.*)\.js$/.exec(built) ?? [];
    const file = `src/${module}.ts`;
    if (module === undefined || read(file) === undefined) return [];
    return [{ name: join(name, path), exports: readExports(file, read) }];
  });
}

function readExports(entry: string, read: ReadText): Declaration[] {
  const sources = new Map<string, Source>();
  const load = (file: string): Source => {
    const text = read(file);
    if (text === undefined) throw new Error(`there is no ${file}`);
    const source = sources.get(file) ?? { file, text, ...parseWithComments(file, text) };
    sources.set(file, source);
    return source;
  };
  return exportedNames(load(entry)).map((name) => find(name, entry, load));
}

function exportedNames({ file, program }: Source): string[] {
  return (program.body as Node[]).flatMap((node) => {
    if (node.type === "ExportAllDeclaration" || node.type === "ExportDefaultDeclaration") {
      throw new Error(`${file}: an entry point has explicit named exports only`);
    }
    if (node.type !== "ExportNamedDeclaration") return [];
    const declared = declaredNames(node.declaration as Node | null);
    return [...declared, ...(node.specifiers as Node[]).map(({ exported }) => (exported as Node).name as string)];
  });
}

/** The declaration of what `file` exports as `name`, wherever it comes from. */
function find(name: string, file: string, load: (file: string) => Source): Declaration {
  const source = load(file);
  for (const node of source.program.body as Node[]) {
    if (node.type !== "ExportNamedDeclaration") continue;
    const declaration = node.declaration as Node | null;
    if (declaredNames(declaration).includes(name)) return describe(name, node, source);
    const specifier = (node.specifiers as Node[]).find(({ exported }) => (exported as Node).name === name);
    const from = (node.source as Node | null)?.value as string | undefined;
    if (specifier === undefined) continue;
    if (!from?.startsWith(".")) throw new Error(`${file}: ${name} is exported again, but not from a file of ours`);
    return find((specifier.local as Node).name as string, join(dirname(file), from), load);
  }
  throw new Error(`${file} does not export ${name}`);
}

function declaredNames(declaration: Node | null): string[] {
  if (declaration === null) return [];
  if (declaration.type !== "VariableDeclaration") return [(declaration.id as Node).name as string];
  return (declaration.declarations as Node[]).map(({ id }) => (id as Node).name as string);
}
