import { scoped } from "effection";
import { useProgram } from "../process.ts";
import type { Patterns } from "../programs/patterns.ts";
import { median } from "../rounds.ts";
import type { Section } from "../section.ts";

/** What the patterns of the resilience entry cost. */
export const patterns: Section = {
  name: "patterns",
  title: "Patterns: what each adds to an operation that waits for a moment",
  *run({ settings: { schedule, patternRounds } }) {
    const batches: Patterns[] = [];
    for (let i = 0; i < schedule.batches; i += 1) {
      const program = new URL("../programs/patterns.ts", import.meta.url);
      batches.push(yield* scoped(() => useProgram<Patterns>(program, [patternRounds])));
    }
    const figures = Object.keys(batches[0] ?? {}).map((name) => ({
      name,
      value: median(batches.map((batch) => batch[name] ?? Number.NaN)),
      unit: "us",
    }));
    const notes = [`medians of ${patternRounds} rounds in each of ${batches.length} processes`];
    return { rates: [], figures, notes };
  },
};
