import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFile } from "./support/run-file.ts";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Where npm put the package, and the projects that have installed it. */
let folder = "";
let packed: Packed | undefined;
/** A fresh project with the dependencies of this one; vitest, an optional one, is in the other. */
let project = "";
let vitestProject = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-package-"));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: ROOT,
  });
  [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as Packed[];
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const { vitest, ...needed } = { ...dependencies, ...peerDependencies };
  expect(vitest).toBeDefined();
  project = await install("project", Object.keys(needed));
  vitestProject = await install("vitest-project", [...Object.keys(needed), "vitest"]);
}, 60_000);

/** A project of type module that has the packed package and `dependencies`. */
async function install(name: string, dependencies: readonly string[]): Promise<string> {
  const modules = join(folder, name, "node_modules");
  await mkdir(join(modules, "@types"), { recursive: true });
  await run("tar", ["-xzf", join(folder, packed?.filename ?? ""), "-C", modules]);
  await rename(join(modules, "package"), join(modules, "effection-switchboard"));
  for (const dependency of ["@types/node", ...dependencies]) {
    await symlink(join(ROOT, "node_modules", dependency), join(modules, dependency));
  }
  await writeFile(join(folder, name, "package.json"), JSON.stringify({ type: "module" }));
  return join(folder, name);
}

/** Compiles files of a project, as strictly as a user may. */
async function compile(cwd: string, files: readonly string[]): Promise<void> {
  const flags = ["--module", "NodeNext", "--target", "ES2023", "--lib", "ES2023,ESNext.Disposable", "--types", "node"];
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--rewriteRelativeImportExtensions"];
  await run(join(ROOT, "node_modules/.bin/tsc"), [...flags, ...strict, ...files], { cwd }).catch(({ stdout }) => {
    throw new Error(stdout);
  });
}

/** What the command, run in the project, answers for `shop`; its dashboard is there, too. */
async function answerOfShop(...args: string[]): Promise<string> {
  const cli = join(project, "node_modules/effection-switchboard/dist/cli.js");
  const child = spawn(process.execPath, [cli, ...args, "--json"], { cwd: project });
  const exited = once(child, "exit");
  let answer = "";
  let dashboard: number | undefined;
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line);
    if (event.type !== "listening") continue;
    answer = await (await fetch(event.url, { headers: { "x-app-name": "shop" } })).text();
    dashboard = (await fetch(`${event.url}/__switchboard/main.js`)).status;
    child.kill("SIGINT");
  }
  expect(await exited).toEqual([130, null]);
  expect(dashboard).toBe(200);
  return answer;
}

afterAll(() => rm(folder, { recursive: true, force: true }));

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
        "dist/dashboard/index.html",
        "dist/dashboard/main.js",
        "dist/dashboard/theme.css",
      ]),
    );
    expect(
      files.filter(
        (file) =>
          !/^(LICENSE|README\.md|src\/(?:\w+\/)?README\.md|test\/bench\/README\.md|CHANGELOG\.md|package\.json|dist\/.*\.(js|d\.ts)|dist\/dashboard\/[a-z]+\.(html|css|svg))$/.test(
            file,
          ),
      ),
    ).toEqual([]);
  });

  it("passes publint", async () => {
    const pkgDir = join(project, "node_modules/effection-switchboard");
    const { messages } = await publint({ pkgDir, pack: false, strict: true }); // all that is there was packed
    expect(messages).toEqual([]);
  });

  it("runs the examples of the README, and its types fit, in a project of its own", async () => {
    const examples = await readExamples();
    for (const [i, text] of examples.entries()) await writeFile(join(vitestProject, `example-${i}.ts`), text);
    await compile(
      vitestProject,
      examples.map((_, i) => `example-${i}.ts`),
    );
    const embedded = `example-${examples.findIndex((text) => text.includes("await using board"))}.js`;
    const { stdout } = await run(process.execPath, [embedded], { cwd: vitestProject });
    expect(stdout).toMatch(/^cart of shop\nhttp:\/\/shop\.localhost:\d+\/cart\n$/);
  });

  it("has a testing kit that a test file of ten lines uses", async () => {
    const [source = ""] = await readTestExamples("vitest");
    expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
    await writeFile(join(vitestProject, "shop.test.ts"), source);
    const { stdout } = await runFile(join(ROOT, "node_modules/vitest/vitest.mjs"), ["run"], [], vitestProject);
    expect(stdout).toMatch(/Tests +1 passed/);
  });

  it("has a testing kit that works, and whose types fit, without vitest", async () => {
    const [source = ""] = await readTestExamples("node:test");
    await writeFile(join(project, "shop.ts"), source);
    await compile(project, ["shop.ts"]);
    const { stdout } = await runFile(join(project, "shop.js"), [], ["--test"], project);
    expect(stdout).toMatch(/pass 1$/m);
    const outside = 'import("effection-switchboard/testing").then(({ switchboardTest }) => switchboardTest())';
    for (const VITEST of [undefined, "true"]) {
      await expect(
        run(process.execPath, ["-e", outside], { cwd: project, env: { ...process.env, VITEST } }),
      ).rejects.toThrow("switchboardTest works in a test file that vitest runs; with another test runner use");
    }
  });

  it("has a command that runs without any build or TypeScript around it", async () => {
    const cli = join(project, "node_modules/effection-switchboard/dist/cli.js");
    const { stdout } = await run(process.execPath, [cli, "--version"]);
    expect(stdout).toBe(`${JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).version}\n`);
    await expect(run(process.execPath, [cli, "--port", "x"])).rejects.toMatchObject({ code: 2 });
  });

  it("has threads that run from its built files, load TypeScript, and come from a config file", async () => {
    const config = `import { defineSwitchboard } from "effection-switchboard";
      export default defineSwitchboard({ port: 0, basePort: 0, apps: { shop: { module: "./apps/shop.ts" } } });`;
    const shop = "export default () => (_: unknown, response: { end(text: string): void }) => response.end('typed');";
    await mkdir(join(project, "apps"), { recursive: true });
    await writeFile(join(project, "switchboard.config.ts"), config);
    await writeFile(join(project, "apps/shop.ts"), shop);
    expect(await answerOfShop("--config", "switchboard.config.ts")).toBe("typed");
    expect(await answerOfShop("--apps", "apps", "--port", "0", "--base-port", "0")).toBe("typed");
    await rm(join(project, "switchboard.config.ts"));
  });

  it.each(["commonjs", "module"])(
    "serves the TypeScript module of the README in a package of type %s",
    async (type) => {
      await writeFile(join(project, "package.json"), JSON.stringify({ type }));
      const app = (await readExamples()).find((text) => text.startsWith("// app.ts")) ?? "";
      await writeFile(join(project, "app.ts"), app);
      expect(await answerOfShop("./app.ts", "--port", "0", "--base-port", "0")).toBe("Hello from shop");
    },
  );
});

/** The whole programs among the examples of the README and the pages that it leads to: those that import something. */
async function readExamples(): Promise<string[]> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const links = [...readme.matchAll(/\]\((src\/\w+\/README\.md)/g)].map(([, page = ""]) => join(ROOT, page));
  const pages = await Promise.all([...new Set(links)].map((page) => readFile(page, "utf8")));
  const blocks = [readme, ...pages].flatMap((text) =>
    [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block),
  );
  return blocks.filter((text) => /^import /m.test(text));
}

/** The examples for a test runner, by what they import it from. */
async function readTestExamples(runner: string): Promise<string[]> {
  return (await readExamples()).filter((text) => text.includes(`from "${runner}"`));
}
