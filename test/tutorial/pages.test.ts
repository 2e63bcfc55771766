import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, chapters, folders, linksOf, pages, ROOT, TUTORIAL, whyDead, withListings } from "./page.ts";
import { Session, withoutChance } from "./session.ts";

const RENEW = "`npm run docs` writes listings, output and navigation anew";

function nameOf(page: string): string {
  return relative(ROOT, page);
}

describe.concurrent.each(pages().map((page) => ({ name: nameOf(page), page, text: readFileSync(page, "utf8") })))(
  "$name",
  ({ name, page, text }) => {
    it("shows its files as they are", () => {
      expect(text, `${name} and what it shows differ: ${RENEW}`).toBe(withListings(page, text));
    });

    it("shows the output that its commands have", { timeout: 180_000 }, async () => {
      const session = new Session();
      for (const block of blocksOf(text).filter(({ info }) => info[0] === "console")) {
        const { info, lines, line } = block;
        const played = withoutChance(await session.play(block), info);
        expect(played, `the output at ${name}:${line} is another one: ${RENEW}`).toEqual(withoutChance(lines, info));
      }
      await session.end();
    });

    it("has no dead link", () => {
      const dead = linksOf(text).flatMap(({ target, line }) => {
        const why = whyDead(page, target);
        return why === undefined ? [] : [`${name}:${line}: ${target} ${why}`];
      });
      expect(dead).toEqual([]);
    });
  },
);

describe("the index", () => {
  it("has every chapter once", () => {
    expect([...chapters()].sort()).toEqual(folders().sort());
  });
});

describe.each(chapters())("the chapter %s", (chapter) => {
  const folder = join(TUTORIAL, chapter);
  const text = readFileSync(join(folder, "README.md"), "utf8");

  it("has a program, and ends with what to remember, a way to break it, and exercises", () => {
    expect(readdirSync(folder)).toContain("main.ts");
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.slice(-3)).toEqual(["What to remember", "Break it", "Exercises"]);
  });

  it("has files that are what one gets who types its listings in order, or links to them", () => {
    const listed = blocksOf(text).map(({ info }) => info[1]?.split("#")[0]);
    const linked = linksOf(text).map(({ target }) => target);
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
      if (!listed.includes(name) && linked.includes(name)) continue;
      const { typed: lines, file } = typed(join(folder, "README.md"), join(folder, name));
      expect(lines, `tutorial/${chapter}/${name}`).toEqual(file);
    }
  });

  it("links to every solution", () => {
    const linked = linksOf(text).map(({ target }) => target);
    const own = join(folder, "solutions");
    const solutions = existsSync(own) ? readdirSync(own).map((file) => `solutions/${file}`) : [];
    expect(solutions.filter((file) => !linked.includes(file))).toEqual([]);
    expect(text.match(/\[One solution\]/g)?.length).toBeGreaterThan(1);
  });
});

/** What the listings of a page make of a file, typed one after the other, and the file itself: both without blank lines. */
function typed(page: string, file: string): { typed: string[]; file: string[] } {
  const listed = blocksOf(readFileSync(page, "utf8"))
    .filter(({ info }) => info[0] === "ts" && join(dirname(page), info[1]?.split("#")[0] ?? "") === file)
    .flatMap(({ lines }) => lines);
  const lines = readFileSync(file, "utf8").split("\n");
  const isCode = (line: string) => line !== "" && !/^ *\/\/ #(?:end)?region\b/.test(line);
  return { typed: listed.filter(isCode), file: lines.filter(isCode) };
}
