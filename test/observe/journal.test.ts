import { describe, expect, it } from "vitest";
import { RequestRecord } from "../../src/base/request-record.ts";
import { Journal } from "../../src/observe/journal.ts";
import { createRequestFilter, type RequestFilter } from "../../src/observe/request-filter.ts";
import { heap } from "../support/load.ts";

const add = (journal: Journal<{ seq: number }>, count: number) => {
  for (let i = 0; i < count; i += 1) journal.add({ seq: 0 });
};
const numbers = (records: readonly { seq: number }[]) => records.map(({ seq }) => seq);

describe("a journal", () => {
  it("numbers what it is given, keeps the newest, and counts what fell out", () => {
    const journal = new Journal<{ seq: number }>(3);
    expect(journal.query()).toEqual({ records: [], next: undefined });
    add(journal, 5);
    expect(numbers(journal.query().records)).toEqual([5, 4, 3]);
    expect({ last: journal.last, dropped: journal.dropped }).toEqual({ last: 5, dropped: 2 });
  });

  it("gives page after page, also while new ones come", () => {
    const journal = new Journal<{ seq: number }>(10);
    add(journal, 10);
    const first = journal.query({ limit: 4 });
    add(journal, 2);
    const second = journal.query({ limit: 3, before: first.next });
    const third = journal.query({ limit: 3, before: second.next });
    expect([first, second, third].map(({ records }) => numbers(records))).toEqual([[10, 9, 8, 7], [6, 5, 4], [3]]);
    expect(third.next).toBeUndefined();
  });

  it("finds what matches, up to the limit, and says where to go on", () => {
    const journal = new Journal<{ seq: number }>(100);
    add(journal, 20);
    const even = { matches: ({ seq }: { seq: number }) => seq % 2 === 0 };
    const page = journal.query({ ...even, limit: 3 });
    expect(numbers(page.records)).toEqual([20, 18, 16]);
    expect(numbers(journal.query({ ...even, before: page.next, after: 11 }).records)).toEqual([14, 12]);
  });

  it("gives a page that is full and the last one no next page", () => {
    const journal = new Journal<{ seq: number }>(4);
    add(journal, 4);
    expect(journal.query({ limit: 4 }).next).toBeUndefined();
  });
});

describe("a subscriber of a journal", () => {
  it("takes what has come since, and is woken once", () => {
    const journal = new Journal<{ seq: number }>(10);
    add(journal, 2);
    const reader = journal.subscribe();
    let woken = 0;
    const wake = () => {
      woken += 1;
    };
    reader.whenReady(wake);
    expect(reader.take()).toBeUndefined();
    add(journal, 2);
    expect(woken).toBe(1);
    expect(numbers(reader.take()?.records ?? [])).toEqual([3, 4]);
    reader.whenReady(wake);
    add(journal, 1);
    reader.whenReady(wake);
    expect(woken).toBe(3);
    reader.close();
    reader.whenReady(wake);
    add(journal, 1);
    expect(numbers(reader.take()?.records ?? [])).toEqual([5]);
  });

  it("that is too slow loses the oldest, and is told how many", () => {
    const journal = new Journal<{ seq: number }>(10);
    const slow = journal.subscribe({ backlog: 3 });
    const quick = journal.subscribe({ backlog: 3 });
    for (let i = 0; i < 100; i += 1) {
      add(journal, 1);
      expect(quick.take()).toMatchObject({ lost: 0 });
    }
    expect(slow.take()).toMatchObject({ lost: 97, records: [{ seq: 98 }, { seq: 99 }, { seq: 100 }] });
    expect(slow.take()).toBeUndefined();
  });

  it("goes on after a number, and is told of what the journal no longer has", () => {
    const journal = new Journal<{ seq: number }>(3);
    add(journal, 6);
    expect(journal.subscribe({ after: 4 }).take()).toMatchObject({ lost: 0, records: [{ seq: 5 }, { seq: 6 }] });
    expect(journal.subscribe({ after: 1 }).take()).toMatchObject({ lost: 2, records: [{ seq: 4 }, {}, { seq: 6 }] });
    expect(journal.subscribe({ after: 6 }).take()).toBeUndefined();
  });

  it("hears only of what matches", () => {
    const journal = new Journal<{ seq: number }>(10);
    const reader = journal.subscribe({ matches: ({ seq }) => seq === 2 });
    add(journal, 3);
    expect(reader.take()).toMatchObject({ lost: 0, records: [{ seq: 2 }] });
  });
});

describe("a filter of requests", () => {
  const record = Object.assign(new RequestRecord("a-1", "127.0.0.1", "GET", "/cart/7?x=1", false), {
    hostname: "shop",
    status: 404,
    outcome: "served",
  });
  record.closedUs = 50_000;

  it.each<[RequestFilter, boolean]>([
    [{}, true],
    [{ hostname: "shop", status: 404, method: "get", path: "/cart", minMs: 50, outcome: "served" }, true],
    [{ hostname: "blog" }, false],
    [{ status: "4xx" }, true],
    [{ status: "5xx" }, false],
    [{ status: 200 }, false],
    [{ method: "POST" }, false],
    [{ path: ".*" }, false],
    [{ path: "x=1" }, true],
    [{ minMs: 51 }, false],
    [{ outcome: "refused" }, false],
    [{ since: record.time }, true],
    [{ since: record.time + 1 }, false],
    [{ id: "a-1" }, true],
    [{ id: "a-2" }, false],
  ])("%o", (filter, fits) => {
    expect(createRequestFilter(filter)(record)).toBe(fits);
  });
});

describe("a record", () => {
  it("keeps no more of a long path than it shows", async () => {
    const before = await heap();
    const kept = Array.from({ length: 2_000 }, (_, i) => {
      const path = Buffer.alloc(15_000, `/${i}`).toString("latin1");
      return new RequestRecord("a-1", "127.0.0.1", "GET", path, false);
    });
    expect((await heap()) - before).toBeLessThan(8 * 1_024 * 1_024); // with all of their paths it would be 30 MB
    expect(kept).toHaveLength(2_000);
  });
});
