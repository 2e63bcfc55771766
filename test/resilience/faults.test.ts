import { afterEach, describe, expect, it, vi } from "vitest";
import { type FaultSelection, Faults } from "../../src/resilience/faults.ts";

const always = () => true;

afterEach(() => {
  vi.useRealTimers();
});

/** How often a fault strikes on so many occasions. */
function strikes(fault: FaultSelection, occasions: number): boolean[] {
  const faults = new Faults<FaultSelection>();
  faults.set(fault);
  return Array.from({ length: occasions }, () => faults.pick(always) !== undefined);
}

describe("Faults", () => {
  it("strike always, until they are removed", () => {
    const faults = new Faults<FaultSelection>();
    const fault = {};
    const remove = faults.set(fault);
    expect(faults.pick(always)?.fault).toBe(fault);
    expect(faults.pick(() => false)).toBeUndefined();
    remove();
    expect([faults.size, faults.pick(always)]).toEqual([0, undefined]);
  });

  it("are listed with their ids and what is left of them, until they are over or removed", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const faults = new Faults<FaultSelection>();
    const brief = { durationMs: 1_000 };
    const first = faults.add(brief);
    const second = faults.add({ first: 3 });
    faults.pick((fault) => fault !== brief);
    vi.advanceTimersByTime(400);
    expect(faults.list()).toEqual([
      { id: first, fault: brief, remainingMs: 600, left: undefined },
      { id: second, fault: { first: 3 }, remainingMs: undefined, left: 2 },
    ]);
    vi.advanceTimersByTime(600);
    expect(faults.list().map(({ id }) => id)).toEqual([second]);
    expect([faults.remove(second), faults.remove(second), faults.size]).toEqual([true, false, 0]);
  });

  it.each<FaultSelection>([{ percentage: 0 }, { first: 0 }, { durationMs: 0 }])("never strike with %o", (fault) => {
    expect(strikes(fault, 100)).not.toContain(true);
  });

  it("strike the first few occasions only", () => {
    expect(strikes({ first: 2 }, 4)).toEqual([true, true, false, false]);
  });

  it("strike a share of the occasions, the same ones for the same seed", () => {
    const struck = strikes({ percentage: 30, seed: 7 }, 10_000);
    const share = struck.filter(Boolean).length;
    expect(share).toBeGreaterThan(2_800);
    expect(share).toBeLessThan(3_200);
    expect(strikes({ percentage: 30, seed: 7 }, 10_000)).toEqual(struck);
    expect(strikes({ percentage: 30, seed: 8 }, 10_000)).not.toEqual(struck);
  });

  it("strike for a time only", () => {
    vi.useFakeTimers();
    const faults = new Faults<FaultSelection>();
    faults.set({ durationMs: 1_000 });
    vi.advanceTimersByTime(999);
    expect(faults.pick(always)).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(faults.pick(always)).toBeUndefined();
  });

  it("strike in the order in which they were set, and one that is used up gives way", () => {
    const faults = new Faults<FaultSelection & { name: string }>();
    faults.set({ name: "a", first: 1 });
    faults.set({ name: "b" });
    expect([1, 2].map(() => faults.pick(always)?.fault.name)).toEqual(["a", "b"]);
  });

  it.each<[FaultSelection, string]>([
    [{ percentage: 101 }, "percentage must be a number from 0 to 100, got 101"],
    [{ percentage: Number.NaN }, "percentage must be a number from 0 to 100, got NaN"],
    [{ first: -1 }, "first must be a whole number"],
    [{ first: 1.5 }, "first must be a whole number"],
    [{ durationMs: -1 }, "durationMs must be a number >= 0"],
  ])("refuse %o", (fault, message) => {
    const faults = new Faults<FaultSelection>();
    expect(() => faults.set(fault)).toThrow(message);
    expect(faults.size).toBe(0);
  });
});
