import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFrom } from "./api.ts";
import { generate } from "./generate.ts";

const ROOT = join(import.meta.dirname, "../..");

for (const [file, text] of generate(readFrom(ROOT))) {
  writeFileSync(join(ROOT, file), text);
  console.log(`wrote ${file}`);
}
