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

  it("refuses a timeout that is none", () => {
    expect(() => createEventLog<Event>().next("down", undefined, { timeoutMs: -1 })).toThrow("timeoutMs must be");
  });

  it("is what onEvent takes", async () => {
    const events = createEventLog();
    await using board = await createSwitchboard({ basePort: 0, onEvent: events.add });
    await (await board.fetch("shop")).text();
    const { port } = await events.next("started", "shop");
    expect(board.pool.get("shop")?.port).toBe(port);
  });
});
