import { createSwitchboard } from "effection-switchboard";
import { createEventLog } from "effection-switchboard/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

type Event = { type: "up"; hostname: string; port: number } | { type: "down" };

describe("createEventLog", () => {
  afterEach(() => void vi.useRealTimers());

  it("gives each event once, in order, whether it has happened or will", async () => {
    const events = createEventLog<Event>();
    events.add({ type: "up", hostname: "a", port: 1 });
    const waits = [events.next("up"), events.next("up", "c"), events.next("up")];
    events.add({ type: "up", hostname: "b", port: 2 });
    events.add({ type: "up", hostname: "c", port: 3 });
    expect((await Promise.all(waits)).map(({ port }) => port)).toEqual([1, 3, 2]);
    expect(events.untaken()).toEqual([]);
  });

  it("lists what happened, all of it or by type", () => {
    const events = createEventLog<Event>();
    events.add({ type: "up", hostname: "a", port: 1 });
    events.add({ type: "down" });
    expect(events.lines()).toEqual(["up a", "down"]);
    expect(events.lines("down")).toEqual(["down"]);
    expect(events.untaken("up")).toEqual(events.all.slice(0, 1));
  });

  it("says what did happen when an event does not come, and where it was waited for", async () => {
    const events = createEventLog<Event>();
    await expect(events.next("down", undefined, { timeoutMs: 1 })).rejects.toThrow(
      'no event "down" within 1 ms; nothing happened',
    );
    events.add({ type: "up", hostname: "a", port: 1 });
    await events.next("up");
    const error: Error = await events.next("up", "a", { timeoutMs: 1 }).then(Promise.reject, (late) => late);
    expect(error.message).toContain("in order:\n  up a (given to an earlier next)\n");
    expect(error.stack).toMatch(/^Error: no event "up a"/);
    expect(error.stack?.split("\n").find((line) => /^ +at /.test(line))).toContain("event-log.test.ts");
  });

  it("gives up in time, also when timers are fake", async () => {
    vi.useFakeTimers();
    await expect(createEventLog<Event>().next("down", undefined, { timeoutMs: 1 })).rejects.toThrow("within 1 ms");
  });

  it("knows a hostname however it is written", async () => {
    const events = createEventLog<Event>();
    events.add({ type: "up", hostname: "a", port: 1 });
    events.add({ type: "up", hostname: "B of others", port: 2 });
    expect(await events.next("up", "A.")).toMatchObject({ port: 1 });
    expect(await events.next("up", "B of others")).toMatchObject({ port: 2 });
  });

  it("refuses options that it does not know, or that are in the wrong place", () => {
    const events = createEventLog<Event>();
    expect(() => events.next("down", undefined, { timeoutMs: -1 })).toThrow("timeoutMs must be");
    expect(() => events.next("down", undefined, { timeout: 1 } as object)).toThrow("has no option 'timeout'");
    expect(() => events.next("down", { timeoutMs: 1 } as unknown as string)).toThrow("options are the third argument");
  });

  it("says it also when stacks are lists of calls", async () => {
    const { prepareStackTrace } = Error;
    try {
      Error.prepareStackTrace = (_error, calls) => calls;
      const late = createEventLog<Event>().next("down", undefined, { timeoutMs: 1 });
      await expect(late).rejects.toThrow('no event "down"');
    } finally {
      Error.prepareStackTrace = prepareStackTrace as NonNullable<typeof prepareStackTrace>;
    }
  });

  it("is what onEvent takes", async () => {
    const events = createEventLog();
    await using board = await createSwitchboard({ basePort: 0, onEvent: events.add });
    await (await board.fetch("shop")).text();
    const { port } = await events.next("started", "shop");
    expect(board.pool.get("shop")?.port).toBe(port);
  });
});
