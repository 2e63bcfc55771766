import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { transform } from "esbuild";
import { TUTORIAL } from "./page.ts";

/**
 * Compiles the programs of the tutorial once for all tests, with the compiler that tsx has: `compiled.mjs` serves them to
 * the processes that run them.
 */
export default async function compile(): Promise<(() => void) | undefined> {
  // A page runs vitest itself: the tests around it have compiled already.
  if (process.env.SWITCHBOARD_COMPILED !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "switchboard-tutorial-"));
  const files = readdirSync(TUTORIAL, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  for (const file of files) {
    const source = readFileSync(join(TUTORIAL, file), "utf8");
    const { code } = await transform(source, {
      loader: "ts",
      target: "node20",
      sourcemap: "inline",
      sourcefile: basename(file),
    });
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  process.env.SWITCHBOARD_COMPILED = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
