import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterAnswer,
  afterCheck,
  CHECKED,
  type OutlierRecord,
  together,
  UNSEEN,
} from "../../../src/server/replicas/health-status.ts";

describe("checks", () => {
  it("take it down after `fall` failures in a row, and up again after `rise` successes in a row", () => {
    const results = fc.array(fc.boolean(), { maxLength: 40 });
    const limits = fc.record({ fall: fc.integer({ min: 1, max: 5 }), rise: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(results, limits, (results, limits) => {
        let record = CHECKED;
        let up = true;
        results.forEach((passed, i) => {
          record = afterCheck(record, passed, limits);
          const row = (count: number, value: boolean) =>
            i + 1 >= count && results.slice(i + 1 - count, i + 1).every((result) => result === value);
          if (up && row(limits.fall, false)) up = false;
          else if (!up && row(limits.rise, true)) up = true;
          expect(record.up).toBe(up);
        });
      }),
    );
  });

  it("say that it is not as it was, before they are enough", () => {
    expect(afterCheck(CHECKED, false, { fall: 3, rise: 2 })).toEqual({ up: true, against: 1 });
    expect(afterCheck({ up: true, against: 2 }, true, { fall: 3, rise: 2 })).toEqual(CHECKED);
  });
});

describe("answers", () => {
  const settings = { failures: 3, ejectMs: 100, maxEjectMs: 250 };
  const fail = (record: OutlierRecord, times: number, now: number, mayEject = true) => {
    let next = record;
    for (let i = 0; i < times; i += 1) next = afterAnswer(next, true, settings, now, () => mayEject);
    return next;
  };

  it("have it left out after so many failures in a row, each time for longer, up to a limit", () => {
    const first = fail(UNSEEN, 3, 1_000);
    expect(first).toEqual({ failures: 0, ejections: 1, until: 1_100 });
    const second = fail(first, 3, 1_100);
    expect(second).toEqual({ failures: 0, ejections: 2, until: 1_300 });
    expect(fail(second, 3, 1_300)).toEqual({ failures: 0, ejections: 3, until: 1_550 });
  });

  it("begin anew with one that has done well for long", () => {
    const first = fail(UNSEEN, 3, 1_000);
    expect(fail(first, 3, 1_100 + 251)).toMatchObject({ ejections: 1, until: 1_351 + 100 });
  });

  it("that succeed in between begin anew, too", () => {
    const almost = fail(UNSEEN, 2, 0);
    expect(almost).toMatchObject({ failures: 2, ejections: 0 });
    expect(afterAnswer(almost, false, settings, 0, () => true)).toEqual(UNSEEN);
  });

  it("do not have it left out while too many are, or it is already", () => {
    const kept = fail(UNSEEN, 5, 0, false);
    expect(kept).toMatchObject({ failures: 5, ejections: 0 });
    expect(afterAnswer(kept, true, settings, 0, () => true)).toMatchObject({ ejections: 1 });
    const out = fail(UNSEEN, 3, 0);
    expect(fail(out, 10, 50).until).toBe(100);
  });
});

describe("several together", () => {
  it.each([
    [["healthy", "healthy"], "healthy"],
    [["healthy", "unhealthy"], "degraded"],
    [["healthy", "degraded"], "degraded"],
    [["unhealthy", "unhealthy"], "unhealthy"],
    [["degraded"], "degraded"],
    [[], undefined],
  ] as const)("%j are %s", (statuses, all) => {
    expect(together(statuses)).toBe(all);
  });
});
