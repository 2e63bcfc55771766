import { createRetryBudget, type RetryBudgetConfig } from "effection-switchboard/resilience";
import { array, assert, constantFrom, integer, property } from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const times = (count: number, act: () => unknown) => Array.from({ length: count }, act);

describe("createRetryBudget", () => {
  it("allows its share of the attempts, and a few whatever their number", () => {
    const budget = createRetryBudget({ ratio: 0.1, atLeast: 2, windowMs: 1_000 });
    expect(times(4, budget.retry)).toEqual([true, true, false, false]);
    times(50, budget.attempt);
    expect(times(5, budget.retry)).toEqual([true, true, true, false, false]);
  });

  it("forgets what is older than its window", () => {
    const budget = createRetryBudget({ ratio: 0.5, atLeast: 0, windowMs: 1_000 });
    expect(budget.retry()).toBe(false);
    times(4, budget.attempt);
    expect(times(3, budget.retry)).toEqual([true, true, false]);
    vi.advanceTimersByTime(1_000);
    expect(budget.retry()).toBe(false);
  });

  it("never allows more in a window than it should, whatever comes when", () => {
    const step = constantFrom("attempt", "retry", "wait");
    assert(
      property(array(step, { maxLength: 200 }), integer({ min: 0, max: 5 }), (steps, atLeast) => {
        const budget = createRetryBudget({ ratio: 0.25, atLeast, windowMs: 1_000 });
        const attempts: number[] = [];
        const retries: number[] = [];
        for (const what of steps) {
          const now = performance.now();
          if (what === "wait") vi.advanceTimersByTime(70);
          else if (what === "attempt") {
            budget.attempt();
            attempts.push(now);
          } else if (budget.retry()) {
            const recent = (all: number[]) => all.filter((at) => at > now - 1_000).length;
            // Retries are forgotten up to a tenth early, as attempts are.
            expect(retries.filter((at) => at > now - 900).length).toBeLessThan(
              Math.max(atLeast, 0.25 * recent(attempts)),
            );
            retries.push(now);
          }
        }
      }),
    );
  });

  it.each<[RetryBudgetConfig, string]>([
    [{ ratio: -0.1 }, "ratio must be a number from 0 to 1, got -0.1"],
    [{ ratio: Number.NaN }, "ratio must be a number from 0 to 1, got NaN"],
    [{ atLeast: -1 }, "atLeast must be a whole number from 0 to 1000000, got -1"],
    [{ windowMs: 0 }, "windowMs must be a finite number >= 1 (milliseconds, at most 2147483647), got 0"],
    [{ max: 1 } as RetryBudgetConfig, "createRetryBudget has no option 'max'; it knows ratio, atLeast, windowMs"],
  ])("refuses %j", (config, message) => {
    expect(() => createRetryBudget(config)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message }));
  });
});
