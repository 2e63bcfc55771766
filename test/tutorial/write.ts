/** Writes into the pages of the tutorial what is not written by hand: listings, the output of commands, the way on. */
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { blocksOf, pages, ROOT, withBlocks, withListings } from "./page.ts";
import { Session, withoutChance } from "./session.ts";

const wanted = process.argv.slice(2);
for (const page of pages()) {
  const name = relative(ROOT, page);
  if (wanted.length > 0 && !wanted.some((chapter) => name.includes(`/${chapter}/`))) continue;
  const text = withListings(page, readFileSync(page, "utf8"));
  const outputs = await playAll(name, text);
  const written = withBlocks(text, ({ info, lines, line }) => {
    const output = outputs.get(line) ?? lines;
    const same = withoutChance(output, info).join("\n") === withoutChance(lines, info).join("\n");
    return same ? lines : output; // other ports alone are no change
  });
  if (written === readFileSync(page, "utf8")) continue;
  writeFileSync(page, written);
  console.log(`wrote ${name}`);
}

async function playAll(name: string, text: string): Promise<Map<number, string[]>> {
  const outputs = new Map<number, string[]>();
  const session = new Session();
  for (const block of blocksOf(text).filter(({ info }) => info[0] === "console")) {
    try {
      outputs.set(block.line, await session.play(block));
    } catch (error) {
      throw new Error(`${name}:${block.line}: ${(error as Error).message}`);
    }
  }
  await session.end();
  return outputs;
}
