import fc from "fast-check";
import { expect, it } from "vitest";
import { OutcomeWindow } from "../../src/resilience/outcome-window.ts";

it("counts each outcome for the window, less at most a tenth of it", () => {
  const wait = fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.constantFrom(0, 99, 100, 500, 899, 900, 999, 1_000, 5_000),
  );
  const outcomes = fc.array(fc.record({ wait, failed: fc.boolean() }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), outcomes, (start, steps) => {
      const window = new OutcomeWindow(1_000);
      const before: { at: number; failed: boolean }[] = [];
      let now = start;
      for (const { wait, failed } of steps) {
        now += wait;
        before.push({ at: now, failed });
        const { requests, failures } = window.add(now, failed);
        const [sure, possible] = [900, 1_000].map((ms) => before.filter(({ at }) => now - at < ms));
        for (const [count, of] of [
          [requests, (_: { failed: boolean }) => true],
          [failures, (one: { failed: boolean }) => one.failed],
        ] as const) {
          expect(count).toBeGreaterThanOrEqual(sure?.filter(of).length ?? 0);
          expect(count).toBeLessThanOrEqual(possible?.filter(of).length ?? 0);
        }
      }
    }),
    { numRuns: 300 },
  );
});
