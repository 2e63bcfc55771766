import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findIdleEffects, findYieldInFinally } from "./effects.ts";
import { findCycles, findUpwardImports, type Sources } from "./floors.ts";

const ROOT = join(import.meta.dirname, "../..");

function read(folder: string): Sources {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, folder, file), "utf8")]));
}

describe("the sources", () => {
  const src = read("src");
  // What the tutorial breaks on purpose has a name that says so.
  const tutorial = [...read("tutorial")].filter(([file]) => !/(?:^|\/)(?:broken|trap-[a-z]+)\.ts$/.test(file));
  const all = [...src, ...read("test"), ...tutorial];

  it("are there", () => {
    expect(src.size).toBeGreaterThan(20);
  });

  it("have no yield in a finally", () => {
    expect(all.flatMap(([file, text]) => findYieldInFinally(file, text).map(({ line }) => `${file}:${line}`))).toEqual(
      [],
    );
  });

  it("have no effect that nobody yields", () => {
    expect(
      all.flatMap(([file, text]) => findIdleEffects(file, text).map(({ line, what }) => `${file}:${line} ${what}`)),
    ).toEqual([]);
  });

  it("have no import that goes upwards or to a neighbour, and no cycle", () => {
    expect(findUpwardImports(src)).toEqual([]);
    expect(findCycles(src)).toEqual([]);
  });
});

describe("the scans", () => {
  it("find a yield in a finally, but not in a function inside it", () => {
    const text = "function* f() { try {} finally { yield* g(); run(function* () { yield* h(); }); } }";
    expect(findYieldInFinally("a.ts", text)).toHaveLength(1);
  });

  it.each([
    ["an operation of effection", "import { sleep } from 'effection'; function* f() { sleep(1); }"],
    ["a renamed one", "import { sleep as wait } from 'effection'; function* f() { void wait(1); }"],
    ["a resource by its name", "function* f() { useServerPool(); }"],
    ["a generator of the same file", "function* g() {} function f() { g(); }"],
    ["a generator method", "class A { *g() {} f() { this.g(); } }"],
    ["a halt", "function f(task) { task.halt(); }"],
  ])("find %s that nobody yields", (_what, text) => {
    expect(findIdleEffects("a.ts", text)).toHaveLength(1);
  });

  it("leave alone what is yielded, awaited or chained", () => {
    const text =
      "import { sleep } from 'effection'; async function f(task) { await task.halt(); task.halt().catch(g); } function* h() { yield* sleep(1); const s = sleep(2); yield* s; }";
    expect(findIdleEffects("a.ts", text)).toEqual([]);
  });

  it("find imports that go upwards, to a neighbour, or around", () => {
    const sources = new Map([
      ["pool/a.ts", "import { b } from '../switchboard/b.ts';"],
      ["server/a.ts", "export { b } from '../resilience/b.ts'; import type { c } from './c.ts';"],
      ["server/c.ts", "const a = await import('./a.ts');"],
      ["switchboard/b.ts", "import { a } from '../pool/a.ts';"],
      ["resilience/b.ts", ""],
    ]);
    expect(findUpwardImports(sources)).toEqual(["pool/a.ts -> switchboard/b.ts", "server/a.ts -> resilience/b.ts"]);
    expect(findCycles(sources)).toEqual([
      ["pool/a.ts", "switchboard/b.ts", "pool/a.ts"],
      ["server/a.ts", "server/c.ts", "server/a.ts"],
    ]);
  });
});
