/** Runs a program of the tutorial: `npm run tutorial -- CHAPTER` its `main.ts`, `npm run tutorial -- CHAPTER/NAME` another. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const HERE = import.meta.dirname;
const [wanted = ""] = process.argv.slice(2);
const name = wanted.replace(/\.ts$/, "");
const candidates = [join(HERE, `${name}.ts`), join(HERE, name, "main.ts")];
const file = /^[\w-]+(?:\/[\w-]+)*$/.test(name) && name !== "run" ? candidates.find(existsSync) : undefined;

if (file !== undefined) {
  await import(pathToFileURL(file).href);
} else {
  if (wanted !== "") console.error(`there is no program "${wanted}" in the tutorial`);
  console.error(`usage: npm run tutorial -- CHAPTER, for one of: ${chapters().join(", ")}`);
  process.exitCode = 2;
}

/** In the order of the index page. */
function chapters(): string[] {
  const page = readFileSync(join(HERE, "README.md"), "utf8");
  return [...page.matchAll(/\]\(([\w-]+)\/README\.md\)/g)].map(([, folder = ""]) => folder);
}
