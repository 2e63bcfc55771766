import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf, linksOf, listing, whyDead, withBlocks } from "./page.ts";
import { Session, withoutChance } from "./session.ts";

let folder = "";
let page = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-page-"));
  page = join(folder, "README.md");
  writeFileSync(page, "# A page\n\n## What it's about\n");
  const code = ["// #region outer", "function f() {", "  // #region inner", "  return 1;", "  // #endregion", "}", ""];
  writeFileSync(join(folder, "code.ts"), code.join("\n"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a listing", () => {
  it("is a region without markers, or all of a file", () => {
    expect(listing(page, "code.ts#inner")).toEqual(["  return 1;"]);
    expect(listing(page, "code.ts")).toEqual(["function f() {", "  return 1;", "}"]);
  });

  it("says which file or region does not exist", () => {
    expect(() => listing(page, "other.ts")).toThrow(/there is no file .*other\.ts/);
    expect(() => listing(page, "code.ts#other")).toThrow(/code\.ts has no region "other"/);
  });
});

describe("a page", () => {
  const text = "a [link](code.ts)\n\n```ts code.ts#inner\nold [no](link)\n```\n\n`[no](link)` [b](#x)\n";

  it("has blocks that can be replaced, and links outside of code", () => {
    expect(blocksOf(text)).toEqual([{ info: ["ts", "code.ts#inner"], lines: ["old [no](link)"], line: 4 }]);
    expect(withBlocks(text, () => ["new", "lines"])).toBe(text.replace("old [no](link)", "new\nlines"));
    expect(linksOf(text)).toEqual([
      { target: "code.ts", line: 1 },
      { target: "#x", line: 7 },
    ]);
  });

  it.each([
    ["nothing.ts", "leads nowhere"],
    ["#nothing", "names a heading that does not exist"],
    ["http://example.test/", "is not https"],
    ["code.ts", undefined],
    ["#what-its-about", undefined],
    ["README.md#a-page", undefined],
  ])("knows why %s is dead", (target, why) => {
    expect(whyDead(page, target)).toBe(why);
  });
});

describe("a session", () => {
  it("shows what commands print, and how the last one ended", async () => {
    expect(await play("$ echo hello", "goodbye", "$ exit 3", "$ echo $?")).toEqual([
      "$ echo hello",
      "hello",
      "$ exit 3",
      "$ echo $?",
      "3",
    ]);
  });

  it("interrupts a program when the lines before ^C are there, and shows what comes after", async () => {
    const shown = await play(
      "$ npm run tutorial -- operations/clock",
      "tick 1",
      "^C",
      "something else",
      "$ echo $?",
      "0",
    );
    expect(shown).toEqual([
      "$ npm run tutorial -- operations/clock",
      "tick 1",
      "^C",
      "the clock stops",
      "$ echo $?",
      "130",
    ]);
  });

  it("passes over no failure in silence, and leaves nothing running", async () => {
    await expect(play("$ exit 3", "$ echo on")).rejects.toThrow('before "echo on" a command ended with 3');
    const failed = new Session();
    await failed.play({ info: ["console"], lines: ["$ exit 3"], line: 1 });
    await expect(failed.end()).rejects.toThrow("before the end of the page a command ended with 3");
    const running = new Session();
    const lines = ["$ npm run tutorial -- operations/clock", "tick 1"];
    await running.play({ info: ["console", "background"], lines, line: 1 });
    await expect(running.end()).rejects.toThrow("a program still runs when the page ends");
  });

  it("compares all but ports, and numbers where they vary", () => {
    expect(withoutChance(["port 41234, 5 ms", "http://a:8000 12345"], [])).toEqual([
      "port <port>, 5 ms",
      "http://a:<port> 12345",
    ]);
    expect(withoutChance(["5,000 in 0.25 s"], ["console", "varies"])).toEqual(["<number> in <number> s"]);
  });
});

describe("npm run tutorial", () => {
  it("runs a program as its page shows it, from the sources", { timeout: 60_000 }, async () => {
    const [, ...shown] = await play("$ npm run --silent tutorial -- testing");
    expect(shown).toEqual(["hello from shop", "nothing is left"]);
  });

  it("says which chapters there are when there is no such program", async () => {
    const [, first, second, , status] = await play("$ node --import tsx tutorial/run.ts ../src/cli 2>&1", "$ echo $?");
    expect(first).toBe('there is no program "../src/cli" in the tutorial');
    expect(second).toMatch(/^usage: npm run tutorial -- CHAPTER, for one of: .*\bwhy\b/);
    expect(status).toBe("2");
  });
});

function play(...lines: string[]): Promise<string[]> {
  return new Session().play({ info: ["console"], lines, line: 1 });
}
