// #region count
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const TUTORIAL = join(import.meta.dirname, "..");
const SMALL = [
  "resources/server",
  "scopes/door",
  "pool/types",
  "pool/entry",
  "pool/pool",
  "switchboard/route",
  "switchboard/switchboard",
  "switchboard/serve",
];

/** Lines of code: no comments, no imports, no blank lines. */
function count(file: string): number {
  const code = readFileSync(file, "utf8")
    .replaceAll(/^import [^;]*;$/gms, "")
    .replaceAll(/\/\*\*.*?\*\//gs, "");
  return code.split("\n").filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length;
}

function sum(files: readonly string[]): string {
  return `${files.reduce((lines, file) => lines + count(file), 0)} lines in ${files.length} files`;
}

const src = join(TUTORIAL, "../src");
const real = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
console.log(`the small one: ${sum(SMALL.map((name) => join(TUTORIAL, `${name}.ts`)))}`);
console.log(`the real one: ${sum(real.map((file) => join(src, file)))}`);
for (const room of ["server", "pool", "switchboard", "cli"]) {
  const files = real.filter((file) => file.startsWith(`${room}/`));
  console.log(`  ${`src/${room}/`.padEnd(17)} ${sum(files.map((file) => join(src, file)))}`);
}
// #endregion
