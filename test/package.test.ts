import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** A fresh project that has installed the packed package, with the dependencies of this one. */
let project = "";
let packed: Packed | undefined;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "switchboard-package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], { cwd: ROOT });
  [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as Packed[];
  const modules = join(project, "node_modules");
  await mkdir(modules);
  await run("tar", ["-xzf", join(project, packed?.filename ?? ""), "-C", modules]);
  await run("mv", [join(modules, "package"), join(modules, "effection-switchboard")]);
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  await mkdir(join(modules, "@types"));
  for (const name of ["@types/node", ...Object.keys({ ...dependencies, ...peerDependencies })]) {
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
}, 60_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe("the package", () => {
  it("has what users need, and nothing else", () => {
    const files = packed?.files.map(({ path }) => path) ?? [];
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "package.json",
        "dist/index.js",
        "dist/index.d.ts",
        "dist/cli.js",
      ]),
    );
    expect(
      files.filter((file) => !/^(LICENSE|README\.md|CHANGELOG\.md|package\.json|dist\/.*\.(js|d\.ts))$/.test(file)),
    ).toEqual([]);
  });

  it("passes publint", async () => {
    const { messages } = await publint({ pkgDir: join(project, "node_modules/effection-switchboard"), strict: true });
    expect(messages).toEqual([]);
  });

  it("runs the examples of the README, and its types fit, in a project of its own", async () => {
    await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const examples = await readExamples();
    for (const [i, text] of examples.entries()) await writeFile(join(project, `example-${i}.ts`), text);
    const flags = [
      "--module",
      "NodeNext",
      "--target",
      "ES2023",
      "--lib",
      "ES2023,ESNext.Disposable",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--types",
      "node",
    ];
    await run(
      join(ROOT, "node_modules/.bin/tsc"),
      [...flags, "--noEmit", ...examples.map((_, i) => `example-${i}.ts`)],
      { cwd: project },
    );
    const embedded = `example-${examples.findIndex((text) => text.includes("await using board"))}.ts`;
    const loader = join(ROOT, "node_modules/tsx/dist/loader.mjs");
    const { stdout } = await run(process.execPath, ["--import", loader, embedded], { cwd: project });
    expect(stdout).toMatch(/^cart of shop\nhttp:\/\/shop\.localhost:\d+\/cart\n$/);
  });

  it("has a command that runs without any build or TypeScript around it", async () => {
    const cli = join(project, "node_modules/effection-switchboard/dist/cli.js");
    const { stdout } = await run(process.execPath, [cli, "--version"]);
    expect(stdout).toBe(`${JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).version}\n`);
    await expect(run(process.execPath, [cli, "--port", "x"])).rejects.toMatchObject({ code: 2 });
  });

  it.each(["commonjs", "module"])(
    "serves the TypeScript module of the README in a package of type %s",
    async (type) => {
      await writeFile(join(project, "package.json"), JSON.stringify({ type }));
      const app = (await readExamples()).find((text) => text.startsWith("// app.ts")) ?? "";
      await writeFile(join(project, "app.ts"), app);
      const cli = join(project, "node_modules/effection-switchboard/dist/cli.js");
      const child = spawn(process.execPath, [cli, "./app.ts", "--port", "0", "--base-port", "0", "--json"], {
        cwd: project,
      });
      const exited = once(child, "exit");
      let answer = "";
      for await (const line of createInterface(child.stdout)) {
        const event = JSON.parse(line);
        if (event.type !== "listening") continue;
        answer = await (await fetch(event.url, { headers: { "x-app-name": "shop" } })).text();
        child.kill("SIGINT");
      }
      expect(answer).toBe("Hello from shop");
      expect(await exited).toEqual([130, null]);
    },
  );
});

/** The whole programs among the examples of the README: those that import something. */
async function readExamples(): Promise<string[]> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  return blocks.filter((text) => /^import /m.test(text));
}
