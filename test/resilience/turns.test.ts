import { run, sleep, spawn, suspend, until } from "effection";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { hold, Turn } from "../../src/resilience/turn.ts";
import { Turns, type Waiter } from "../../src/resilience/turns.ts";
import { createGate } from "../support/gate.ts";
import { scenario } from "../support/scenario.ts";

/** Asks for a turn of each name, in this order; `had` lists who has got one. */
function queue(turns: Turns, ...names: (readonly [name: string, priority: number])[]) {
  const had: string[] = [];
  const waiters = new Map<string, Waiter>();
  for (const [name, priority] of names) {
    const waiter = turns.take(() => void had.push(name), priority);
    if (waiter !== undefined) waiters.set(name, waiter);
  }
  return { had, waiter: (name: string) => waiters.get(name) as Waiter };
}

describe("turns", () => {
  it("are as many as allowed, and not more", () => {
    const turns = new Turns(2);
    expect([turns.tryTake(), turns.tryTake(), turns.tryTake()]).toEqual([true, true, false]);
    expect([turns.size, turns.waiting]).toEqual([2, 0]);
    turns.pass();
    expect(turns.size).toBe(1);
    expect(turns.tryTake()).toBe(true);
  });

  it("are had at once while one is free", () => {
    const turns = new Turns(1);
    const { had } = queue(turns, ["a", 0], ["b", 0]);
    expect(had).toEqual(["a"]);
    expect([turns.size, turns.waiting]).toEqual([1, 1]);
  });

  it("are passed on by priority, and in order among the same one", () => {
    const turns = new Turns(1);
    const { had } = queue(turns, ["first", 0], ["a", 0], ["b", 1], ["c", 0], ["d", 1]);
    for (let i = 0; i < 4; i += 1) turns.pass();
    expect(had).toEqual(["first", "b", "d", "a", "c"]);
    expect([turns.size, turns.waiting]).toEqual([1, 0]);
    turns.pass();
    expect(turns.size).toBe(0);
  });

  it("of one that is raised come after those that have its new priority already", () => {
    const turns = new Turns(1);
    const { had, waiter } = queue(turns, ["first", 0], ["a", 0], ["b", 0], ["c", 1], ["d", 1]);
    turns.raise(waiter("b"), 1);
    turns.raise(waiter("c"), 1); // keeps its place
    turns.raise(waiter("d"), 0); // nobody is lowered
    turns.raise(waiter("first"), 1); // does not wait
    for (let i = 0; i < 4; i += 1) turns.pass();
    expect(had).toEqual(["first", "c", "d", "b", "a"]);
  });

  it("are not for those that have left", () => {
    const turns = new Turns(1);
    const { had, waiter } = queue(turns, ["first", 0], ["a", 0], ["b", 0]);
    expect(turns.leave(waiter("a"))).toBe(true);
    expect(turns.leave(waiter("a"))).toBe(false);
    expect(turns.leave(waiter("first"))).toBe(false);
    expect(turns.waiting).toBe(1);
    turns.raise(waiter("a"), 1);
    turns.pass();
    expect(had).toEqual(["first", "b"]);
    expect(turns.waiting).toBe(0);
  });

  it("are waited for by as many as allowed", () => {
    const turns = new Turns(1, 2);
    const { waiter } = queue(turns, ["first", 0], ["a", 0], ["b", 0], ["c", 9]);
    expect(waiter("c")).toBeUndefined();
    turns.leave(waiter("a"));
    expect(turns.take(() => {})).toBeDefined();
    expect(turns.waiting).toBe(2);
    expect(new Turns(1, 0).take(() => {})).toBeDefined();
  });

  it("never exceed their bound, keep the order, and come to everybody who stays", () => {
    const step = fc.record({
      act: fc.constantFrom("try", "take", "take", "take", "pass", "pass", "leave", "raise"),
      priority: fc.integer({ min: 0, max: 2 }),
      who: fc.nat(),
    });
    const bounds = [fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 })] as const;
    fc.assert(
      fc.property(...bounds, fc.array(step, { maxLength: 200 }), (max, maxWaiting, steps) => {
        const turns = new Turns(max, maxWaiting);
        /** Who should be waiting, in order, as a plain list knows it. */
        const line: { waiter: Waiter; priority: number }[] = [];
        let [active, mine] = [0, 0];
        const check = () => {
          expect([turns.size, turns.waiting]).toEqual([active, line.length]);
          expect(active).toBeLessThanOrEqual(max);
          expect(line.length).toBeLessThanOrEqual(maxWaiting);
          if (active < max) expect(line).toEqual([]);
        };
        const pass = () => {
          if (active === 0) return;
          const highest = Math.max(...line.map(({ priority }) => priority));
          const next = line.find(({ priority }) => priority === highest);
          const before = mine;
          turns.pass();
          expect(mine - before).toBe(next === undefined ? 0 : 1);
          if (next === undefined) active -= 1;
          else {
            expect(next.waiter.place).toBeUndefined();
            line.splice(line.indexOf(next), 1);
          }
        };
        for (const { act, priority, who } of steps) {
          const chosen = line[who % line.length];
          if (act === "try") {
            expect(turns.tryTake()).toBe(active < max);
            active = Math.min(max, active + 1);
          } else if (act === "take") {
            const free = active < max;
            const full = !free && line.length >= maxWaiting;
            const onTurn = () => {
              mine += 1;
            };
            const waiter = turns.take(onTurn, priority);
            expect(waiter === undefined).toBe(full);
            if (free) active += 1;
            else if (waiter !== undefined) line.push({ waiter, priority });
          } else if (act === "pass") pass();
          else if (act === "leave" && chosen !== undefined) {
            expect(turns.leave(chosen.waiter)).toBe(true);
            line.splice(line.indexOf(chosen), 1);
          } else if (chosen !== undefined && priority > chosen.priority) {
            turns.raise(chosen.waiter, priority);
            line.splice(line.indexOf(chosen), 1);
            line.push({ waiter: chosen.waiter, priority });
          } else if (chosen !== undefined) turns.raise(chosen.waiter, priority);
          check();
        }
        while (active > 0) pass();
        expect(line).toEqual([]);
        expect([turns.size, turns.waiting]).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("an operation that holds a turn", () => {
  it(
    "passes it on, whatever way it ends, and also when it is halted in the moment in which it gets it",
    scenario(function* () {
      const turns = new Turns(1);
      const gate = createGate();
      const ran: string[] = [];
      const first = yield* spawn(() => hold(turns, () => until(gate.promise)));
      yield* sleep(0);
      const second = yield* spawn(() => hold(turns, suspend));
      const third = yield* spawn(function* () {
        yield* hold(turns, function* () {
          ran.push("third");
        });
      });
      yield* sleep(0);
      expect([turns.size, turns.waiting]).toEqual([1, 2]);
      const halts = [first.halt(), second.halt()]; // the second one has the turn now, and does not know it
      for (const halt of halts) yield* halt;
      yield* third;
      expect(ran).toEqual(["third"]);
      expect([turns.size, turns.waiting]).toEqual([0, 0]);
    }),
  );

  it(
    "is not run when as many wait as may",
    scenario(function* () {
      const turns = new Turns(1, 0);
      turns.tryTake();
      yield* until(
        expect(run(() => hold(turns, suspend))).rejects.toMatchObject({
          code: "QUEUE_FULL",
          message: "0 wait for their turn, and no more may; come back later",
        }),
      );
      expect(turns.size).toBe(1);
    }),
  );

  it("waits no longer than it has patience, and leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const turns = new Turns(1);
      turns.tryTake();
      const wait = (turn: Turn) =>
        run(function* () {
          try {
            yield* turn.wait({ ms: 1_000, late: () => new Error("too late") });
            return "has it";
          } finally {
            turn.leave();
          }
        });
      const [late, raised] = [new Turn(turns), new Turn(turns)];
      const refused = expect(wait(late)).rejects.toThrow("too late");
      vi.advanceTimersByTime(500);
      const first = wait(raised);
      raised.raise(1);
      vi.advanceTimersByTime(500);
      await refused;
      expect([turns.size, turns.waiting]).toEqual([1, 1]);
      turns.pass();
      expect(await first).toBe("has it");
      expect([turns.size, turns.waiting]).toEqual([0, 0]);
      late.leave(); // once more: nothing happens
      raised.leave();
      expect(turns.size).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("never runs beside more than allowed, and never waits for ever, whatever the others do", async () => {
    const plan = fc.record({
      kind: fc.constantFrom("returns", "waits", "throws", "never ends"),
      haltedAfter: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    });
    const plans = fc.array(plan, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), plans, async (max, all) => {
        const turns = new Turns(max);
        let [inside, most] = [0, 0];
        const tasks = all.map(({ kind }) =>
          run(() =>
            hold(turns, function* () {
              inside += 1;
              most = Math.max(most, inside);
              try {
                if (kind === "waits") yield* sleep(0);
                if (kind === "throws") throw new Error("thrown");
                if (kind === "never ends") yield* suspend();
              } finally {
                inside -= 1;
              }
            }),
          ),
        );
        const ends = tasks.map((task) => task.then(() => "done", String));
        for (let round = 0; round < 5; round += 1) {
          const now = tasks.filter((_, i) => all[i]?.haltedAfter === round);
          await Promise.all(now.map((task) => task.halt()));
        }
        // Those that never end hold their turns until they are halted; everybody else comes to its end by itself.
        await Promise.all(tasks.filter((_, i) => all[i]?.kind === "never ends").map((task) => task.halt()));
        await Promise.all(ends);
        expect(most).toBeLessThanOrEqual(max);
        expect([inside, turns.size, turns.waiting]).toEqual([0, 0, 0]);
      }),
      { numRuns: 200 },
    );
  });
});
