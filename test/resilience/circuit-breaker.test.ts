import { type Operation, run, spawn, suspend, until } from "effection";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type CircuitBreaker,
  type CircuitBreakerConfig,
  type CircuitEvent,
  type CircuitOutcome,
  type CircuitTicket,
  createCircuitBreaker,
} from "../../src/resilience/index.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const works = function* (): Operation<string> {
  return "fine";
};
const fails = function* (): Operation<string> {
  throw new Error("down");
};

/** Lets one thing through and says how it ended. */
function one(breaker: CircuitBreaker, outcome: CircuitOutcome): void {
  breaker.record(breaker.admit() as CircuitTicket, outcome);
}

function times(count: number, body: () => void): void {
  for (let i = 0; i < count; i += 1) body();
}

describe("createCircuitBreaker", () => {
  it("has the defaults: opens after 5 failures in a row, for 30 s, closes after 3 successes", () => {
    const breaker = createCircuitBreaker();
    times(4, () => one(breaker, "failure"));
    one(breaker, "success");
    times(4, () => one(breaker, "failure"));
    expect(breaker.state).toBe("closed");
    one(breaker, "failure");
    expect([breaker.state, breaker.retryAfterMs, breaker.admit()]).toEqual(["open", 30_000, undefined]);
    vi.advanceTimersByTime(29_999);
    expect([breaker.state, breaker.retryAfterMs, breaker.admit()]).toEqual(["open", 1, undefined]);
    vi.advanceTimersByTime(1);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(["half-open", undefined]);
    times(2, () => one(breaker, "success"));
    expect(breaker.state).toBe("half-open");
    one(breaker, "success");
    expect(breaker.state).toBe("closed");
  });

  it("tells each change once, and a probe that fails opens it for a whole recovery time again", () => {
    const events: CircuitEvent[] = [];
    const breaker = createCircuitBreaker({
      name: "mail",
      failureThreshold: 1,
      successThreshold: 1,
      recoveryMs: 100,
      onEvent: (event) => events.push(event),
    });
    one(breaker, "failure");
    vi.advanceTimersByTime(100);
    one(breaker, "failure");
    expect(breaker.retryAfterMs).toBe(100);
    vi.advanceTimersByTime(150);
    one(breaker, "success");
    breaker.reset();
    const name = "mail";
    expect(events).toEqual([
      { type: "opened", name, retryAfterMs: 100 },
      { type: "half-opened", name },
      { type: "opened", name, retryAfterMs: 100 },
      { type: "half-opened", name },
      { type: "closed", name },
    ]);
  });

  it("lets no more than maxProbes be under way while half-open, whatever asks at once", () => {
    const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 100, maxProbes: 3, successThreshold: 5 });
    one(breaker, "failure");
    vi.advanceTimersByTime(100);
    const admitted = Array.from({ length: 50 }, () => breaker.admit()).filter((ticket) => ticket !== undefined);
    expect(admitted).toHaveLength(3);
    breaker.record(admitted[0] as CircuitTicket, "ignored");
    expect([breaker.admit(), breaker.admit()]).toEqual([admitted[0], undefined]);
    breaker.record(admitted[1] as CircuitTicket, "failure");
    expect([breaker.state, breaker.admit()]).toEqual(["open", undefined]);
  });

  it("gives the places of probes that say nothing for a recovery time to others, and ignores them then", () => {
    const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 100, successThreshold: 1 });
    one(breaker, "failure");
    vi.advanceTimersByTime(100);
    const lost = breaker.admit() as CircuitTicket;
    vi.advanceTimersByTime(99);
    expect(breaker.admit()).toBeUndefined();
    vi.advanceTimersByTime(1);
    const next = breaker.admit() as CircuitTicket;
    breaker.record(lost, "failure");
    expect(breaker.state).toBe("half-open");
    breaker.record(next, "success");
    expect(breaker.state).toBe("closed");
  });

  it("does not count outcomes of an earlier state, or from before a reset", () => {
    const breaker = createCircuitBreaker({ failureThreshold: 2, recoveryMs: 100, successThreshold: 1 });
    const early = [breaker.admit(), breaker.admit(), breaker.admit(), breaker.admit()] as CircuitTicket[];
    const [a = 0, b = 0, c = 0, d = 0] = early;
    breaker.record(a, "failure");
    breaker.record(b, "failure");
    expect(breaker.state).toBe("open");
    breaker.record(c, "success");
    vi.advanceTimersByTime(100);
    const probe = breaker.admit() as CircuitTicket;
    breaker.record(d, "success");
    expect(breaker.state).toBe("half-open");
    breaker.reset();
    times(2, () => breaker.record(probe, "failure"));
    expect(breaker.state).toBe("closed");
    one(breaker, "failure");
    breaker.reset();
    one(breaker, "failure");
    expect(breaker.state).toBe("closed");
  });

  it("stays open when it was forced, until it is reset", () => {
    const events: string[] = [];
    const breaker = createCircuitBreaker({ onEvent: ({ type }) => events.push(type) });
    const before = breaker.admit() as CircuitTicket;
    times(2, () => breaker.force("open"));
    vi.advanceTimersByTime(1e9);
    breaker.record(before, "success");
    expect([breaker.state, breaker.retryAfterMs, breaker.admit()]).toEqual(["open", undefined, undefined]);
    breaker.reset();
    breaker.reset();
    expect([breaker.state, events]).toEqual(["closed", ["opened", "closed"]]);
  });

  it("half-opens when the time is over that it was forced open for", () => {
    const events: unknown[] = [];
    const breaker = createCircuitBreaker({ recoveryMs: 1_000, onEvent: (event) => events.push(event) });
    breaker.force("open", 60_000);
    vi.advanceTimersByTime(59_999);
    expect([breaker.state, breaker.retryAfterMs, breaker.admit()]).toEqual(["open", 1, undefined]);
    vi.advanceTimersByTime(1);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(["half-open", undefined]);
    expect(breaker.admit()).toBeTypeOf("number");
    expect(events).toMatchObject([{ type: "opened", retryAfterMs: 60_000 }, { type: "half-opened" }]);
  });

  it("stays open for as long as it was forced to last", () => {
    const breaker = createCircuitBreaker();
    breaker.force("open", 1_000);
    breaker.force("open");
    vi.advanceTimersByTime(1e9);
    expect(breaker.state).toBe("open");
    breaker.force("open", 1_000);
    vi.advanceTimersByTime(1_000);
    expect(breaker.state).toBe("half-open");
    expect(() => breaker.force("open", 0)).toThrow("forMs must be a finite number >= 1");
  });

  it("half-opens rather than stay open for longer when the clock jumps backwards", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1e9);
    const breaker = createCircuitBreaker({ failureThreshold: 1, successThreshold: 1 });
    one(breaker, "failure");
    now.mockReturnValue(5);
    expect([breaker.state, breaker.retryAfterMs]).toEqual(["half-open", undefined]);
    one(breaker, "success");
    expect(breaker.state).toBe("closed");
    now.mockRestore();
  });

  it("can be forced open only", () => {
    const force = () => createCircuitBreaker().force("closed" as "open");
    expect(force).toThrow("state must be one of 'open', got 'closed'");
  });

  it("goes on when a listener throws, and says so in a warning", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const onEvent = () => {
      throw new Error("listener");
    };
    const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 1, successThreshold: 1, onEvent });
    one(breaker, "failure");
    vi.advanceTimersByTime(1);
    one(breaker, "success");
    expect(breaker.state).toBe("closed");
    expect(warn).toHaveBeenCalledTimes(3);
    warn.mockRestore();
  });

  it("may be steered by its listener", () => {
    const breaker: CircuitBreaker = createCircuitBreaker({ failureThreshold: 1, onEvent: () => breaker.reset() });
    one(breaker, "failure");
    expect(breaker.state).toBe("closed");
  });
});

describe("failureRatio", () => {
  const failureRatio = { atLeast: 0.5, windowMs: 1_000, minimumRequests: 4 };

  it("opens at the share, and not below the minimum of requests", () => {
    const breaker = createCircuitBreaker({ failureRatio });
    times(3, () => one(breaker, "failure"));
    expect(breaker.state).toBe("closed");
    one(breaker, "success"); // the fourth outcome is a success, and three of four have failed
    expect(breaker.state).toBe("open");
  });

  it("stays closed below the share, however many fail in a row", () => {
    const breaker = createCircuitBreaker({ failureRatio });
    times(100, () => one(breaker, "success"));
    times(99, () => one(breaker, "failure"));
    expect(breaker.state).toBe("closed");
    one(breaker, "failure");
    expect(breaker.state).toBe("open");
  });

  it.each([
    [900, "open"],
    [1_000, "closed"],
    [1_000_000, "closed"],
  ])("counts an outcome of %s ms ago as it should: %s", (ms, state) => {
    const breaker = createCircuitBreaker({ failureRatio });
    vi.advanceTimersByTime(100 - (performance.now() % 100));
    times(3, () => one(breaker, "failure"));
    vi.advanceTimersByTime(ms);
    one(breaker, "failure");
    expect(breaker.state).toBe(state);
  });

  it("counts neither what is ignored, nor what was before the clock jumped backwards", () => {
    const breaker = createCircuitBreaker({ failureRatio });
    times(10, () => one(breaker, "ignored"));
    const now = vi.spyOn(performance, "now").mockReturnValue(1e9);
    times(3, () => one(breaker, "failure"));
    now.mockReturnValue(5);
    one(breaker, "failure");
    expect(breaker.state).toBe("closed");
    now.mockRestore();
  });
});

describe("execute", () => {
  it("gives the value, throws what was thrown, and refuses with CIRCUIT_OPEN when open", () =>
    run(function* () {
      const breaker = createCircuitBreaker({ failureThreshold: 1, name: "mail" });
      expect(yield* breaker.execute(works)).toBe("fine");
      expect(yield* caught(() => breaker.execute(fails))).toMatchObject({ message: "down" });
      const refusal = yield* caught(() => breaker.execute(works));
      expect(refusal).toMatchObject({ name: "SwitchboardError", code: "CIRCUIT_OPEN", retryAfterMs: 30_000 });
      expect(refusal.message).toBe('the circuit "mail" is open: ask again in 30000 ms');
      breaker.force("open");
      const forced = yield* caught(() => breaker.execute(works));
      expect([forced.message, (forced as { retryAfterMs?: number }).retryAfterMs]).toEqual([
        'the circuit "mail" is open: ask again once it has closed',
        undefined,
      ]);
    }));

  it("counts a failure of what the operation has spawned", () =>
    run(function* () {
      const breaker = createCircuitBreaker({ failureThreshold: 1 });
      const error = yield* caught(() =>
        breaker.execute(function* () {
          yield* spawn(fails);
          yield* suspend();
        }),
      );
      expect([error.message, breaker.state]).toEqual(["down", "open"]);
    }));

  it("counts an operation that was halted as neither, and gives its place back", () =>
    run(function* () {
      const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 100, successThreshold: 1 });
      const early = yield* spawn(() => breaker.execute(suspend));
      yield* until(Promise.resolve()); // what was spawned begins
      yield* early.halt();
      expect(breaker.state).toBe("closed");
      one(breaker, "failure");
      vi.advanceTimersByTime(100);
      const probe = yield* spawn(() => breaker.execute(suspend));
      yield* until(Promise.resolve()); // what was spawned begins
      expect(breaker.admit()).toBeUndefined();
      yield* probe.halt();
      expect([breaker.state, yield* breaker.execute(works), breaker.state]).toEqual(["half-open", "fine", "closed"]);
    }));

  it("counts what isFailure says, anything else as a success, and one that throws as a failure", () =>
    run(function* () {
      const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
      const isFailure = vi.fn((_error: unknown) => false);
      const breaker = createCircuitBreaker({ failureThreshold: 1, recoveryMs: 100, successThreshold: 1, isFailure });
      yield* caught(() => breaker.execute(fails));
      expect(breaker.state).toBe("closed");
      isFailure.mockImplementation(() => {
        throw new Error("judge");
      });
      expect(yield* caught(() => breaker.execute(fails))).toMatchObject({ message: "down" });
      expect([breaker.state, warn.mock.calls.length]).toEqual(["open", 1]);
      warn.mockRestore();
      isFailure.mockImplementation(() => false);
      vi.advanceTimersByTime(100);
      yield* caught(() => breaker.execute(fails));
      expect(breaker.state).toBe("closed");
    }));
});

describe("the options of a breaker", () => {
  const ratio = { atLeast: 0.5, windowMs: 1_000, minimumRequests: 10 };

  it.each<[string, object]>([
    ...["failureThreshold", "successThreshold", "maxProbes", "recoveryMs"].flatMap((option) =>
      [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1"].map((value): [string, object] => [
        option,
        { [option]: value },
      ]),
    ),
    ...["failureThreshold", "successThreshold", "maxProbes"].map((option): [string, object] => [
      option,
      { [option]: 1.5 },
    ]),
    ...[0, -0.1, 1.1, Number.NaN].map((atLeast): [string, object] => [
      "failureRatio.atLeast",
      { failureRatio: { ...ratio, atLeast } },
    ]),
    ["failureRatio.windowMs", { failureRatio: { ...ratio, windowMs: 0 } }],
    ["failureRatio.minimumRequests", { failureRatio: { ...ratio, minimumRequests: 0 } }],
    ["failureRatio", { failureRatio: 0.5 }],
    ["failureRatio has no option 'ratio'", { failureRatio: { ...ratio, ratio: 1 } }],
    ["failureThreshold must be left out where failureRatio is given", { failureThreshold: 5, failureRatio: ratio }],
    ["isFailure", { isFailure: "TypeError" }],
    ["name", { name: "" }],
    ["onEvent", { onEvent: {} }],
    ["createCircuitBreaker has no option 'threshold'", { threshold: 5 }],
  ])("are refused in one sentence: %s, %j", (sentence, config) => {
    const make = () => createCircuitBreaker(config as CircuitBreakerConfig);
    expect(make).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(sentence) }),
    );
  });

  it("may be undefined", () => {
    expect(createCircuitBreaker({ failureThreshold: undefined, failureRatio: undefined, name: undefined }).state).toBe(
      "closed",
    );
  });
});

describe("any sequence of calls", () => {
  const RECOVERY = 100;
  const config = { failureThreshold: 3, successThreshold: 2, maxProbes: 2, recoveryMs: RECOVERY } as const;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("admit" as const) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("record" as const),
        which: fc.nat(20),
        outcome: fc.constantFrom<CircuitOutcome>("success", "failure", "failure", "ignored"),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 50, 99, 100, 250) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("reset" as const, "force" as const) }) },
  );

  it("does what a plain model does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const breaker = createCircuitBreaker(config);
        const model = new Model();
        const open: { ticket: CircuitTicket; group: object }[] = [];
        for (const action of steps) {
          if (action.do === "admit") {
            const ticket = breaker.admit();
            const group = model.admit();
            expect(ticket !== undefined).toBe(group !== undefined);
            if (ticket !== undefined && group !== undefined) open.push({ ticket, group });
          } else if (action.do === "record") {
            const [one] = open.splice(action.which % Math.max(1, open.length), 1);
            if (one !== undefined) {
              breaker.record(one.ticket, action.outcome);
              model.record(one.group, action.outcome);
            }
          } else if (action.do === "wait") vi.advanceTimersByTime(action.ms);
          else if (action.do === "reset") {
            breaker.reset();
            model.go("closed");
          } else {
            breaker.force("open");
            if (model.until !== Number.POSITIVE_INFINITY) model.go("open", Number.POSITIVE_INFINITY);
          }
          expect(breaker.state).toBe(model.state);
        }
      }),
      { numRuns: 500 },
    );
  });

  /** The rules, written down without a thought to cost: all outcomes of a phase are kept, with the phase itself as their group. */
  class Model {
    phase: "closed" | "open" | "half-open" = "closed";
    until = 0;
    group: object = {};
    outcomes: CircuitOutcome[] = [];
    underWay = 0;
    lastProbe = 0;

    get state(): string {
      return this.phase === "open" && performance.now() >= this.until ? "half-open" : this.phase;
    }

    go(phase: Model["phase"], until = 0): void {
      Object.assign(this, { phase, until, group: {}, outcomes: [], underWay: 0 });
    }

    admit(): object | undefined {
      if (this.state === "open") return undefined;
      if (this.state === "closed") return this.group;
      if (this.phase === "open") this.go("half-open");
      if (this.underWay >= config.maxProbes) {
        if (performance.now() < this.lastProbe + RECOVERY) return undefined;
        this.group = {};
        this.underWay = 0;
      }
      this.underWay += 1;
      this.lastProbe = performance.now();
      return this.group;
    }

    record(group: object, outcome: CircuitOutcome): void {
      if (group !== this.group) return;
      this.underWay -= 1;
      if (outcome !== "ignored") this.outcomes.push(outcome);
      const last = this.outcomes.slice(-config.failureThreshold);
      const failed = last.length === config.failureThreshold && last.every((one) => one === "failure");
      if (this.phase === "closed" && failed) this.go("open", performance.now() + RECOVERY);
      if (this.phase !== "half-open") return;
      if (outcome === "failure") this.go("open", performance.now() + RECOVERY);
      else if (this.outcomes.length >= config.successThreshold) this.go("closed");
    }
  }
});

function* caught(operation: () => Operation<unknown>): Operation<Error> {
  try {
    yield* operation();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
