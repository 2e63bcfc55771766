import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../..");
export const TUTORIAL: string = join(ROOT, "tutorial");
/** The page that carries the order of the chapters. */
const INDEX: string = join(TUTORIAL, "README.md");

/** A fenced block of a page. */
export interface Block {
  /** The words after the fence: `ts`, `pool.ts#types`. */
  info: string[];
  lines: string[];
  /** The number of its first line, from 1. */
  line: number;
}

/** The folders of the chapters, in the order of the index page. */
export function chapters(): string[] {
  const links = readFileSync(INDEX, "utf8").matchAll(/^\d+\. \[[^\]]+\]\(([a-z-]+)\/README\.md\)/gm);
  return [...links].map(([, folder = ""]) => folder);
}

/** The folders below `tutorial/` that have a page, but for what readers type themselves. */
export function folders(): string[] {
  return readdirSync(TUTORIAL).filter((folder) => existsSync(join(TUTORIAL, folder, "README.md")));
}

/** Every page, in the order of reading. */
export function pages(): string[] {
  return [INDEX, ...chapters().map(pageOf)];
}

function pageOf(chapter: string): string {
  return join(TUTORIAL, chapter, "README.md");
}

/** The fenced blocks of a page. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { info: (fence[1] ?? "").split(" "), lines: [], line: i + 2 };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/** The text with the lines of each block replaced by what `next` says. */
export function withBlocks(text: string, next: (block: Block) => string[]): string {
  const lines = text.split("\n");
  for (const block of blocksOf(text).reverse()) lines.splice(block.line - 1, block.lines.length, ...next(block));
  return lines.join("\n");
}

/** The page with what follows from other files: listings, a link to the file above each, and the way on. */
export function withListings(page: string, text: string): string {
  const listed = withBlocks(withCaptions(text), ({ info, lines, line }) => {
    const [language, source] = info;
    if (language !== "ts") return lines;
    if (source === undefined) throw new Error(`line ${line}: which file does this listing show?`);
    return listing(page, source);
  });
  if (page === INDEX) return listed;
  const body = listed.split("\n---\n")[0]?.trimEnd();
  return `${body}\n\n---\n\n${navigation(basename(dirname(page)))}\n`;
}

function withCaptions(text: string): string {
  const listings = /\n(?:\n\[`[^`\n]+`\]\([^)\n]+\))?\n```ts ([^#\n]+)/g;
  return text.replace(listings, (block, path: string) => {
    const caption = `[\`${path.replace("../", "")}\`](${path})`;
    return `\n\n${caption}\n${block.slice(block.indexOf("```"))}`;
  });
}

/** What a listing shows: a region of a file, or all of it, as `path#region` relative to its page. */
export function listing(page: string, source: string): string[] {
  const [path = "", region] = source.split("#", 2);
  const file = join(dirname(page), path);
  if (!existsSync(file)) throw new Error(`there is no file ${relative(ROOT, file)}`);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const begin = region === undefined ? -1 : lines.findIndex((line) => line.trim() === `// #region ${region}`);
  if (region !== undefined && begin === -1) throw new Error(`${relative(ROOT, file)} has no region "${region}"`);
  const end = region === undefined ? lines.length : lines.findIndex((line, i) => i > begin && isEnd(line));
  return lines.slice(begin + 1, end).filter((line) => !/^ *\/\/ #(?:end)?region\b/.test(line));
}

function isEnd(line: string): boolean {
  return line.trim() === "// #endregion";
}

/** Where a page links to, with the number of the line. Text in code is no link. */
export function linksOf(text: string): { target: string; line: number }[] {
  const inBlocks = new Set(blocksOf(text).flatMap(({ line, lines }) => lines.map((_, i) => line + i)));
  return text.split("\n").flatMap((content, i) => {
    if (inBlocks.has(i + 1)) return [];
    const links = content.replaceAll(/`[^`]*`/g, "``").matchAll(/\]\(([^)\s]+)\)/g);
    return [...links].map(([, target = ""]) => ({ target, line: i + 1 }));
  });
}

/** Why a link is dead, or nothing. Addresses elsewhere are only read: tests reach no network. */
export function whyDead(page: string, target: string): string | undefined {
  if (URL.canParse(target)) return new URL(target).protocol === "https:" ? undefined : "is not https";
  const [path = "", anchor] = target.split("#", 2);
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(file)) return "leads nowhere";
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchorsOf(readFileSync(file, "utf8")).includes(anchor) ? undefined : "names a heading that does not exist";
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The last line of a chapter: the way to its neighbours. */
function navigation(chapter: string): string {
  const order = chapters();
  const at = order.indexOf(chapter);
  const [before, after] = [order[at - 1], order[at + 1]];
  const links = [
    before === undefined ? "" : `[← ${titleOf(before)}](../${before}/README.md)`,
    "[All chapters](../README.md)",
    after === undefined ? "" : `[${titleOf(after)} →](../${after}/README.md)`,
  ];
  return links.filter((link) => link !== "").join(" · ");
}

function titleOf(chapter: string): string {
  return /^# (.+)$/m.exec(readFileSync(pageOf(chapter), "utf8"))?.[1] ?? chapter;
}
