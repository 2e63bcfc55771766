import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runFile } from "./run-file.ts";

const CONFIG = join(import.meta.dirname, "../testing/fixtures/vitest.config.ts");

/** Only a guard: nothing waits for it when all is well. */
export const LIMIT_MS = 240_000;

/** How a test ended. */
export interface TestEnd {
  title: string;
  status: string;
  failureMessages: string[];
}

/** How each test of a file ended, by its title. */
export type TestEnds = ReadonlyMap<string, TestEnd>;

/** Runs all files of `test/testing/fixtures`, one after the other, each with vitest in a process of its own. */
export async function runVitest(): Promise<ReadonlyMap<string, TestEnds>> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-vitest-"));
  try {
    const report = join(folder, "report.json");
    const args = ["run", "--config", CONFIG, "--reporter", "json", "--outputFile", report];
    const { stderr } = await runFile("node_modules/vitest/vitest.mjs", args, [], undefined, LIMIT_MS);
    const text = await readFile(report, "utf8").catch(() =>
      Promise.reject(new Error(`vitest gave no report: ${stderr}`)),
    );
    const { testResults } = JSON.parse(text) as { testResults: { name: string; assertionResults: TestEnd[] }[] };
    return new Map(testResults.map(({ name, assertionResults }) => [basename(name), byTitle(assertionResults)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function byTitle(ends: readonly TestEnd[]): TestEnds {
  return new Map(ends.map((end) => [end.title, end]));
}
