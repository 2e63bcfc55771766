/** Runs a program of the tutorial: `npm run tutorial -- CHAPTER` its `main.ts`, `npm run tutorial -- CHAPTER/NAME` another. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const HERE = import.meta.dirname;
const [wanted = ""] = process.argv.slice(2);
const name = wanted.replace(/\.ts$/, "");
const file = [join(HERE, `${name}.ts`), join(HERE, name, "main.ts")].find((path) => existsSync(path));

if (/^[a-z-]+(?:\/[a-z-]+)*$/.test(name) && name !== "run" && file !== undefined) {
  await import(pathToFileURL(file).href);
} else {
  if (wanted !== "") console.error(`there is no program "${wanted}" in the tutorial`);
  console.error(`usage: npm run tutorial -- CHAPTER, for one of: ${chapters().join(", ")}`);
  process.exitCode = 2;
}

function chapters(): string[] {
  const page = join(HERE, "README.md");
  const folders = readdirSync(HERE).filter((folder) => existsSync(join(HERE, folder, "main.ts")));
  return existsSync(page) ? folders : [];
}
