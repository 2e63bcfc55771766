import { describe, expect, it } from "vitest";
import { answersInTable, answersOf } from "./answers.ts";
import { type ReadText, readEntryPoints } from "./api.ts";
import { findGaps } from "./completeness.ts";
import { parseDocComment, sectionOf } from "./doc-comment.ts";
import { generate, replaceBlock } from "./generate.ts";
import { renderReference } from "./reference.ts";
import { eventsTable, optionsTable } from "./tables.ts";

const BOTH = "\n * **Lifetime.** Short.\n * **Failure.** None.\n */\n";

/** A package with an entry point, a second one if there is a source for it, and what else it is made of. */
function repository(entry: string, files: Record<string, string> = {}): ReadText {
  const manifest = {
    name: "pkg",
    exports: {
      ".": { default: "./dist/index.js" },
      "./more": { default: "./dist/more/index.js" },
      "./package.json": "./package.json",
    },
  };
  const all: Record<string, string> = { "package.json": JSON.stringify(manifest), "src/index.ts": entry, ...files };
  return (path) => all[path];
}

function gapsOf(entry: string, files?: Record<string, string>): string[] {
  return findGaps(readEntryPoints(repository(entry, files)));
}

describe("the check of doc comments", () => {
  it("names the place of an export without one, through other files", () => {
    const files = {
      "src/a/b.ts": 'export { f } from "./c.ts";',
      "src/a/c.ts": "/** Not of f. */\nconst x = 1;\n\nexport function f(): void {}",
    };
    expect(gapsOf('export { f as g } from "./a/b.ts";', files)).toEqual(["src/a/c.ts:4 f: has no doc comment"]);
  });

  it.each([
    ["no Lifetime", "/** F.\n *\n * **Failure.** None.\n */\n", "does not say its **Lifetime.**"],
    [
      "an empty Lifetime",
      "/** F.\n *\n * **Lifetime.**\n *\n * **Failure.** None.\n */\n",
      "does not say its **Lifetime.**",
    ],
    ["no Failure", "/** F.\n *\n * **Lifetime.** Short.\n */\n", "does not say its **Failure.**"],
    ["nothing before these", `/**${BOTH}`, "has no sentence that says what it is"],
  ])("refuses one with %s", (_what, doc, gap) => {
    expect(gapsOf(`${doc}export function f(): void {}`)).toEqual([`src/index.ts:${doc.split("\n").length} f: ${gap}`]);
  });

  it.each(["type T = string;", "const c: number = 1;", "interface I {}", "class C {}", "function f(): void {}"])(
    "is there for %s",
    (declaration) => {
      expect(gapsOf(`export ${declaration}`)).toHaveLength(1);
      expect(gapsOf(`/** It.${BOTH}export ${declaration}`)).toEqual([]);
    },
  );

  it("refuses members without one, but asks nothing of what is private", () => {
    const text = `/** C.${BOTH}export class C {\n  a = 1;\n  #b = 2;\n  private c = 3;\n  /** D. */\n  d(): void {}\n}`;
    expect(gapsOf(text)).toEqual(["src/index.ts:6 C.a: has no doc comment"]);
  });

  it("refuses an option that does not say its default", () => {
    const text = `/** C.${BOTH}export interface AConfig {
  /** One. */
  a?: number;
  /** Two. @default none */
  b?: number;
  /** Three. @default 3 */
  c: number;
}`;
    expect(gapsOf(text)).toEqual([
      "src/index.ts:7 AConfig.a: is optional and has no @default; say none where there is none",
      "src/index.ts:11 AConfig.c: is required and has a @default",
    ]);
  });

  it("refuses a union of which some alternatives have one and others not", () => {
    const text = `/** U.${BOTH}export type U =\n  /** A. */\n  | "a"\n  | "b";`;
    expect(gapsOf(text)).toEqual(["src/index.ts:8 U.b: has no doc comment"]);
  });

  it("refuses what it cannot follow", () => {
    expect(() => gapsOf('export * from "./a.ts";')).toThrow("src/index.ts: an entry point has explicit named exports");
    expect(() => gapsOf('export { a } from "effection";')).toThrow("src/index.ts: a is exported again");
    expect(() => gapsOf('export { a } from "./a.ts";', { "src/a.ts": "const a = 1;" })).toThrow("does not export a");
  });
});

describe("the generator", () => {
  it("shows declarations without bodies, comments and defaults of parameters", () => {
    const text = `/** F.${BOTH}export async function f(a: string, b: number = 1, { c = 2 }: O = {}, d = "e"): Promise<void> {
      return; // done
    }`;
    const reference = renderReference(readEntryPoints(repository(text)));
    expect(reference).toContain(
      "```ts\nfunction f(a: string, b?: number, options?: O, d?: string): Promise<void>;\n```\n\nF.\n\n**Lifetime.** Short.\n\n**Failure.** None.\n",
    );
  });

  it("links to what is exported, and to nothing else", () => {
    const text = `/** Like {@link I.a} and {@link hidden}.${BOTH}export const c: number = 1;\n/** I.${BOTH}export interface I {\n  /** A | B. */\n  a: string;\n}`;
    const reference = renderReference(readEntryPoints(repository(text)));
    expect(reference).toContain("Like [`I.a`](#i) and `hidden`.");
    expect(reference).toContain("| `a` | A \\| B. |");
  });

  it("takes every entry point that has a source, and describes nothing twice", () => {
    const more = { "src/more/index.ts": `export { f } from "../index.ts";\n/** G.${BOTH}export const g: number = 1;` };
    const read = repository(`/** F.${BOTH}export function f(): void {}`, more);
    const reference = renderReference(readEntryPoints(read));
    expect(reference.match(/^##.*$/gm)).toEqual([
      "## `pkg`",
      "### index",
      "#### `f`",
      "## `pkg/more`",
      "### more",
      "#### `g`",
    ]);
    expect(reference).toContain("- more: [`g`](#g)\n- As above: [`f`](#f)");
  });

  it("gives options that are the same one row", () => {
    const option = "/** How long. @default 5 */\n  ms?: number;";
    const text = `/** A.${BOTH}export interface ServerPoolConfig {\n  ${option}\n}\n/** B.${BOTH}export interface OtherConfig {\n  ${option}\n  /** Must. */\n  x: string;\n}`;
    expect(
      optionsTable(readEntryPoints(repository(text)))
        .split("\n")
        .slice(2),
    ).toEqual(["| `ms` | pool, OtherConfig | How long. | `5` |", "| `x` | OtherConfig | Must. | required |"]);
  });

  it("fails when an event it lists is not exported any more", () => {
    expect(() => eventsTable(readEntryPoints(repository("")))).toThrow("SwitchboardEvent is not exported");
  });

  it("reads the tags of a doc comment", () => {
    const doc = parseDocComment('* What. @default "a"\n * @param x is it\n * @internal ');
    expect(doc).toMatchObject({
      text: "What.",
      default: '"a"',
      internal: true,
      tags: [{ tag: "param", text: "x is it" }],
    });
    expect(sectionOf(parseDocComment("* A.\n *\n * **Lifetime.** So\n * long. **Failure.** No."), "Lifetime")).toBe(
      "So\nlong.",
    );
  });

  it("replaces what stands between two marks, and fails without them", () => {
    const text = "a\n<!-- x: written by npm run docs -->\nold\n<!-- end of x -->\nb";
    expect(replaceBlock(text, "x", "new")).toBe(text.replace("\nold\n", "\n\nnew\n\n"));
    expect(() => replaceBlock(text, "y", "new")).toThrow("the page has no block");
    expect(() => generate(repository(""))).toThrow();
  });
});

describe("the check of answers", () => {
  it("finds what can be sent, and what a table lists", () => {
    const text = `const a = { status: 503, code: "A", detail: "x" };
      function f(code) { switch (code) { case "B": case "C": return 504; case "D": return a; default: return 500; } }`;
    expect(answersOf("a.ts", text)).toEqual(["503 A", "504 B", "504 C"]);
    expect(answersInTable("| 503 | when `x` | `A`, `B` |\n| 504 | when | `C` |")).toEqual(["503 A", "503 B", "504 C"]);
  });
});
