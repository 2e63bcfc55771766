import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFile } from "../support/run-file.ts";

interface Assertion {
  title: string;
  status: string;
  failureMessages: string[];
}

/** How each test of `fixtures/ends.ts` ended, by its title. */
const ends = new Map<string, Assertion>();
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-ends-"));
  const report = join(folder, "report.json");
  const config = join(import.meta.dirname, "fixtures/vitest.config.ts");
  await runFile("node_modules/vitest/vitest.mjs", [
    ...["run", "--config", config, "ends.ts", "--reporter", "json", "--outputFile", report],
  ]);
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as {
    testResults: { assertionResults: Assertion[] }[];
  };
  for (const assertion of testResults[0]?.assertionResults ?? []) ends.set(assertion.title, assertion);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a test with a switchboard", () => {
  it.each([
    ["fails", ["expected 'this' to be 'that'"]],
    ["times out", ["STACK_TRACE_ERROR"]],
    ["times out with open sockets", ["STACK_TRACE_ERROR"]],
    [
      "has an error that it did not ask for",
      ["broken: no database (", "ends.ts:", 'take it with await events.next("error", "broken")'],
    ],
    [
      "waits for what does not happen",
      [
        'no event "stopped shop" within 20 ms; this happened, in order:\n  listening\n  starting shop\n  started shop (given',
        "fixtures/ends.ts:",
      ],
    ],
  ])("that %s has one failure, the right one", (title, parts) => {
    const { status, failureMessages } = ends.get(title) as Assertion;
    expect({ status, failures: failureMessages.length }).toEqual({ status: "failed", failures: 1 });
    for (const part of parts) expect(failureMessages[0]).toContain(part);
  });

  it("is torn down however it ends: its port is free, and it can be tried again", () => {
    expect(ends.get("is tried again")).toMatchObject({ status: "passed" });
    expect(ends.get("finds every port free")).toMatchObject({ status: "passed" });
  });
});
