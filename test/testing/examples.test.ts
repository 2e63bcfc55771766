import { expect, it } from "vitest";
import { runFile } from "../support/run-file.ts";

it("runs the example for node:test; vitest itself runs the others", async () => {
  const { code, stdout } = await runFile("test/testing/examples/node-test.ts", [], ["--import", "tsx", "--test"]);
  expect(stdout).toMatch(/pass 1$/m);
  expect(code).toBe(0);
});
