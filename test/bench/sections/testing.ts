import { scoped } from "effection";
import { useProgram } from "../process.ts";
import type { TestRounds } from "../programs/test-rounds.ts";
import { median } from "../rounds.ts";
import type { Section } from "../section.ts";

/** What a test pays for a server of its own, beside what people do without a switchboard. */
export const testing: Section = {
  name: "testing",
  title: "A server for one test: up, used, down",
  *run({ settings: { schedule, testRounds } }) {
    const batches: TestRounds[] = [];
    for (let i = 0; i < schedule.batches; i += 1) {
      const program = new URL("../programs/test-rounds.ts", import.meta.url);
      batches.push(yield* scoped(() => useProgram<TestRounds>(program, [testRounds])));
    }
    const figures = Object.keys(batches[0] ?? {}).map((name) => ({
      name,
      value: median(batches.map((batch) => batch[name] ?? Number.NaN)),
      unit: "ms",
    }));
    const notes = [`medians of ${testRounds} rounds, one after the other, in each of ${batches.length} processes`];
    return { rates: [], figures, notes };
  },
};
