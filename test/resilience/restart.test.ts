import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelay } from "../../src/resilience/backoff.ts";
import { afterFailure, afterStart, type RestartRules, type Trouble } from "../../src/resilience/restart.ts";

const rules: RestartRules = {
  policy: "transient",
  backoff: { initialMs: 100, factor: 2, maxMs: 1_000 },
  maxRestarts: 2,
  withinMs: 10_000,
  coolDownMs: 5_000,
};
const longest = () => 1;

describe("backoffDelay", () => {
  it("doubles up to the longest delay, with jitter from nothing to all of it", () => {
    const { backoff } = rules;
    expect([1, 2, 3, 4, 5, 2_000].map((n) => backoffDelay(n, backoff, longest))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoffDelay(3, backoff, () => 0)).toBe(0);
    expect(backoffDelay(3, backoff, () => 0.25)).toBe(100);
  });
});

describe("afterFailure", () => {
  it("backs off for each restart that the intensity allows, then fails until the cool-down is over", () => {
    let now = 0;
    let trouble: Trouble | undefined;
    const seen: [boolean, number][] = [];
    for (let i = 0; i < 3; i += 1) {
      trouble = afterFailure(trouble, rules, now, longest);
      seen.push([trouble.failed, trouble.until - now]);
      now = trouble.until;
      trouble = afterStart(trouble, now);
    }
    expect(seen).toEqual([
      [false, 100],
      [false, 200],
      [true, 5_000],
    ]);
    expect(trouble).toMatchObject({ failures: 3, since: 0, restarts: [100, 300] });
  });

  it("fails again at once when the trial fails, even when older restarts are out of sight", () => {
    const failed: Trouble = {
      failures: 3,
      since: 0,
      until: 50_000,
      delayMs: 5_000,
      failed: true,
      due: true,
      restarts: [1, 2],
    };
    const trial = afterStart(failed, 60_000);
    expect(trial.restarts).toEqual([1, 2]);
    expect(afterFailure(trial, rules, 70_000, longest)).toMatchObject({ failed: true, until: 75_000, restarts: [] });
  });

  it("fails at the first failure when it is temporary, or no restart is allowed", () => {
    expect(afterFailure(undefined, { ...rules, policy: "temporary" }, 7)).toMatchObject({ failed: true, until: 5_007 });
    expect(afterFailure(undefined, { ...rules, maxRestarts: 0 }, 7)).toMatchObject({ failed: true, until: 5_007 });
  });

  it("counts a start that follows no failure for nothing", () => {
    const trouble = afterStart(afterFailure(undefined, rules, 0), 200);
    expect(afterStart(trouble, 300)).toBe(trouble);
  });

  it("never lets restarts exceed the intensity, whatever crashes when", () => {
    const ms = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(
        ms(5),
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.tuple(ms(100), ms(300))),
        (max, within, lives) => {
          const strict = { ...rules, maxRestarts: max, withinMs: within, coolDownMs: 50 };
          const restarts: number[] = [];
          let now = 0;
          let trouble: Trouble | undefined;
          for (const [lateMs, ranMs] of lives) {
            if (trouble !== undefined) {
              now = trouble.until + lateMs;
              if (!trouble.failed) restarts.push(now);
              trouble = afterStart(trouble, now);
            }
            now += ranMs;
            trouble = afterFailure(trouble, strict, now);
            expect(trouble.restarts.length).toBeLessThanOrEqual(max);
          }
          for (const end of restarts) {
            expect(restarts.filter((time) => time > end - within && time <= end).length).toBeLessThanOrEqual(max);
          }
        },
      ),
    );
  });
});
