import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFile } from "./run-file.ts";

const CONFIG = join(import.meta.dirname, "../testing/fixtures/vitest.config.ts");

/** How a test ended. */
export interface TestEnd {
  title: string;
  status: string;
  failureMessages: string[];
}

/** Runs one file of `test/testing/fixtures` with vitest in a process of its own. */
export async function runVitest(file: string): Promise<TestEnd[]> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-vitest-"));
  try {
    const report = join(folder, "report.json");
    const { stderr } = await runFile("node_modules/vitest/vitest.mjs", [
      ...["run", "--config", CONFIG, file, "--execArgv=--expose-gc", "--reporter", "json", "--outputFile", report],
    ]);
    const text = await readFile(report, "utf8").catch(() =>
      Promise.reject(new Error(`vitest gave no report: ${stderr}`)),
    );
    const { testResults } = JSON.parse(text) as { testResults: { assertionResults: TestEnd[] }[] };
    return testResults.flatMap(({ assertionResults }) => assertionResults);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
