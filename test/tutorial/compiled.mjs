/**
 * For `node --import`: serves the programs of the tutorial from where `compile.ts` has put them. To start tsx, which would
 * compile each once more, takes longer than most of them do. They get the package as it is built.
 */
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const TUTORIAL = join(import.meta.dirname, "../../tutorial");

if (isMainThread) {
  process.setSourceMapsEnabled(true);
  register(import.meta.url);
}

/** What node asks for each module, in a thread of its own. */
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const compiled = join(process.env.SWITCHBOARD_COMPILED, relative(TUTORIAL, fileURLToPath(url)));
  return { format: "module", shortCircuit: true, source: readFileSync(compiled) };
}
