import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createRateLimiter,
  createSharedRateLimiter,
  type RateLimitEvent,
  type RateLimiterConfig,
  type RateUse,
} from "../../src/resilience/index.ts";
import { MemoryStore } from "../../src/resilience/memory-store.ts";

let now = 0;
beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

/** How many of `count` requests are let through. */
function passing(limiter: ReturnType<typeof createRateLimiter>, count: number, key = "a", tier?: string): number {
  let passed = 0;
  for (let i = 0; i < count; i += 1) if (limiter.consume(key, { tier }).allowed) passed += 1;
  return passed;
}

describe("createRateLimiter", () => {
  it("lets exactly the limit through at once, and exactly that again a window later", () => {
    const limiter = createRateLimiter({ limit: 100, windowMs: 60_000 });
    for (let round = 0; round < 3; round += 1) {
      expect(passing(limiter, 1_000)).toBe(100);
      now += 59_999;
      expect(passing(limiter, 1)).toBe(0);
      now += 1;
    }
  });

  it("has no edge between two windows at which more get through", () => {
    const limiter = createRateLimiter({ limit: 100, windowMs: 60_000 });
    now = 59_999;
    expect(passing(limiter, 500)).toBe(100);
    now = 60_001;
    expect(passing(limiter, 500)).toBe(0);
    now = 119_999;
    expect(passing(limiter, 500)).toBe(100);
  });

  it("says how many places are left, and when", () => {
    const limiter = createRateLimiter({ limit: 3, windowMs: 1_000 });
    const base = { limit: 3, blocked: false };
    expect(limiter.status("a")).toEqual({ ...base, allowed: true, remaining: 3, resetMs: 0, retryAfterMs: 0 });
    expect(limiter.consume("a")).toEqual({ ...base, allowed: true, remaining: 2, resetMs: 1_000, retryAfterMs: 0 });
    now += 100;
    limiter.consume("a", { cost: 2 });
    now += 100;
    const full = { ...base, allowed: false, remaining: 0, resetMs: 900, retryAfterMs: 800 };
    expect(limiter.consume("a")).toEqual(full);
    expect(limiter.check("a", { cost: 2 })).toEqual({ ...full, retryAfterMs: 900 });
    expect(limiter.status("a")).toEqual(full);
    now += 800;
    expect(limiter.check("a")).toEqual({ ...base, allowed: true, remaining: 1, resetMs: 100, retryAfterMs: 0 });
  });

  it("takes nothing for a look, nor for a refusal, nor a part of what is asked", () => {
    const limiter = createRateLimiter({ limit: 5, windowMs: 1_000 });
    for (let i = 0; i < 9; i += 1) limiter.check("a", { cost: 5 });
    expect(limiter.consume("a", { cost: 4 }).remaining).toBe(1);
    expect(limiter.consume("a", { cost: 2 })).toMatchObject({ allowed: false, remaining: 1 });
    expect(limiter.consume("a").allowed).toBe(true);
    expect(limiter.consume("b", { cost: 6 })).toMatchObject({ allowed: false, retryAfterMs: Number.POSITIVE_INFINITY });
    expect(limiter.check("c", { cost: 6 })).toMatchObject({ allowed: false, retryAfterMs: Number.POSITIVE_INFINITY });
  });

  it("counts each key and each tier for itself", () => {
    const tiers = { write: { limit: 10, windowMs: 1_000, cost: 5 }, admin: { limit: 1, windowMs: 60_000 } };
    const limiter = createRateLimiter({ limit: 3, windowMs: 1_000, tiers });
    expect(passing(limiter, 9)).toBe(3);
    expect(passing(limiter, 9, "a", "default")).toBe(0);
    expect(passing(limiter, 9, "a", "write")).toBe(2);
    expect(passing(limiter, 9, "a", "admin")).toBe(1);
    expect(limiter.status("a", "admin")).toMatchObject({ limit: 1, remaining: 0, resetMs: 60_000 });
    expect(passing(limiter, 9, "b")).toBe(3);
  });

  it("works with windows shorter than the tick of any timer, and with fractions of a millisecond", () => {
    const limiter = createRateLimiter({ limit: 2, windowMs: 1 });
    expect(passing(limiter, 9)).toBe(2);
    now += 0.5;
    expect(passing(limiter, 9)).toBe(0);
    now += 0.5;
    expect(passing(limiter, 9)).toBe(2);
  });

  it("keeps nobody out for longer when the clock jumps backwards, and lets nobody in earlier", () => {
    const limiter = createRateLimiter({ limit: 2, windowMs: 1_000 });
    now = 1e9;
    passing(limiter, 2);
    limiter.block("b", 500);
    now = 7;
    expect(passing(limiter, 1)).toBe(0);
    now += 499;
    expect(limiter.status("b").blocked).toBe(true);
    now += 1;
    expect(limiter.status("b").blocked).toBe(false);
    now += 499;
    expect(passing(limiter, 1)).toBe(0);
    now += 1;
    expect(passing(limiter, 9)).toBe(2);
  });

  it.each([255, 256, 65_535, 65_536, 1_000_000])("counts up to %s", (limit) => {
    const limiter = createRateLimiter({ limit, windowMs: 1_000 });
    expect(limiter.consume("a", { cost: limit - 1 }).remaining).toBe(1);
    expect(passing(limiter, 9)).toBe(1);
    now += 1_000;
    expect(limiter.consume("a", { cost: limit }).remaining).toBe(0);
  });
});

describe("the keys", () => {
  it("stay within maxKeys, whatever arrives", () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 1_000, maxKeys: 1_000 });
    for (let i = 0; i < 20_000; i += 1) limiter.consume(`client ${i}`);
    expect(limiter.inspect()).toEqual({ keys: 1_000, blocked: 0, evicted: 19_000 });
    for (let i = 0; i < 2_000; i += 1) limiter.block(`client ${i}`, 1_000);
    expect(limiter.inspect().blocked).toBe(1_000);
  });

  it("are forgotten by their last use, and refusals are a use: who hammers stays out", () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 1_000, maxKeys: 2 });
    for (const key of ["a", "b", "a", "c", "a"]) limiter.consume(key);
    expect(limiter.status("a").remaining).toBe(0);
    expect(limiter.status("b").remaining).toBe(1);
    expect(limiter.inspect().evicted).toBe(1);
  });

  it("make room when nothing of them counts any more", () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 1_000, maxKeys: 100 });
    for (let i = 0; i < 50; i += 1) {
      limiter.consume(`client ${i}`);
      now += 1_000;
    }
    expect(limiter.inspect()).toEqual({ keys: 1, blocked: 0, evicted: 0 });
  });

  it("begin with empty windows, also where another key was before", () => {
    const limiter = createRateLimiter({ limit: 100, windowMs: 1_000, maxKeys: 1 });
    passing(limiter, 100, "a");
    expect(passing(limiter, 200, "b")).toBe(100);
  });

  it("may be long, empty or no proper Unicode, and are never mixed up", () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 1_000 });
    const long = "x".repeat(10_000);
    const digest = "#".padEnd(65, "0");
    const keys = [long, `${long}y`, "x".repeat(64), "x".repeat(65), digest, "", "\ud800", "\ud801", "é", "__proto__"];
    expect(keys.map((key) => passing(limiter, 3, key))).toEqual(keys.map(() => 1));
    expect(limiter.inspect().keys).toBe(keys.length);
  });
});

describe("block", () => {
  it("refuses a key in every tier for its time, and 0 lifts it", () => {
    const tiers = { write: { limit: 5, windowMs: 60_000 } };
    const events: RateLimitEvent[] = [];
    const onEvent = (event: RateLimitEvent) => events.push(event);
    const limiter = createRateLimiter({ limit: 5, windowMs: 1_000, tiers, onEvent });
    limiter.consume("a");
    limiter.block("a", 500);
    const refused = { allowed: false, blocked: true, retryAfterMs: 500 };
    expect(limiter.consume("a")).toMatchObject({ ...refused, remaining: 4 });
    expect(limiter.check("a", { tier: "write" })).toMatchObject({ ...refused, remaining: 5 });
    expect(limiter.consume("b").allowed).toBe(true);
    now += 500;
    expect(limiter.consume("a")).toMatchObject({ allowed: true, remaining: 3 });
    limiter.block("a", 500);
    limiter.block("a", 0);
    expect(limiter.consume("a")).toMatchObject({ allowed: true, remaining: 2, retryAfterMs: 0 });
    expect(events).toEqual([1, 2].map(() => ({ type: "blocked", key: "a", ms: 500 })));
  });

  it("is not lifted by a flood of other keys", () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 60_000, maxKeys: 10 });
    limiter.block("a", 60_000);
    for (let i = 0; i < 1_000; i += 1) limiter.consume(`client ${i}`);
    expect(limiter.consume("a").blocked).toBe(true);
  });
});

describe("penalty", () => {
  const config = { limit: 1, windowMs: 100, penalty: { after: 3, withinMs: 1_000, blockMs: 5_000 } };

  it("blocks who is refused again and again, and again at once after it", () => {
    const events: RateLimitEvent[] = [];
    const limiter = createRateLimiter({ ...config, onEvent: (event) => events.push(event) });
    limiter.consume("a");
    expect([limiter.consume("a"), limiter.consume("a")].map(({ blocked }) => blocked)).toEqual([false, false]);
    expect(limiter.consume("a")).toMatchObject({ allowed: false, blocked: true, retryAfterMs: 5_000 });
    expect(events).toEqual([{ type: "blocked", key: "a", ms: 5_000 }]);
    now += 4_999;
    expect(limiter.consume("a")).toMatchObject({ blocked: true, retryAfterMs: 1 });
    now += 1;
    expect([limiter.consume("a").allowed, limiter.consume("a").blocked]).toEqual([true, false]);
  });

  it("remembers refusals for withinMs, also over a block that is shorter", () => {
    const limiter = createRateLimiter({ ...config, penalty: { after: 3, withinMs: 1_000, blockMs: 100 } });
    for (let i = 0; i < 4; i += 1) limiter.consume("a");
    now += 100;
    expect([limiter.consume("a").allowed, limiter.consume("a").blocked]).toEqual([true, true]);
  });

  it("does not block who is refused now and then", () => {
    const limiter = createRateLimiter(config);
    for (let i = 0; i < 20; i += 1) {
      expect([limiter.consume("a").allowed, limiter.consume("a").blocked]).toEqual([true, false]);
      now += 600;
    }
  });

  it("goes on when a listener throws, and says so in a warning", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const onEvent = () => {
      throw new Error("listener");
    };
    const limiter = createRateLimiter({ ...config, onEvent });
    for (let i = 0; i < 4; i += 1) limiter.consume("a");
    expect([limiter.status("a").blocked, warn.mock.calls.length]).toEqual([true, 1]);
  });
});

describe("any sequence of requests", () => {
  const requests = (limit: number, time: fc.Arbitrary<number>) =>
    fc.array(fc.record({ wait: time, cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: limit })) }), {
      maxLength: 150,
    });
  const WINDOW = 1_000;
  const whole = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(0, 0, 1, 99, 100, 101, 999, 1_000, 1_001));
  const any = fc.oneof(whole, fc.double({ min: 0, max: 300, noNaN: true }));
  const cases = (time: fc.Arbitrary<number>, max: number) =>
    fc
      .integer({ min: 1, max })
      .chain((limit) => fc.record({ limit: fc.constant(limit), steps: requests(limit, time) }));

  /** Calls `judge` for each request, with the costs of those that were let through in the window, and in one a tenth longer. */
  function play(
    { limit, steps }: { limit: number; steps: readonly { wait: number; cost: number }[] },
    judge: (allowed: boolean, cost: number, inWindow: number, inLonger: number, retryAfterMs: number) => void,
  ) {
    const limiter = createRateLimiter({ limit, windowMs: WINDOW });
    const passed: { at: number; cost: number }[] = [];
    for (const { wait, cost } of steps) {
      now += wait;
      const within = (ms: number) => passed.reduce((sum, { at, cost }) => (now - at < ms ? sum + cost : sum), 0);
      const [inWindow, inLonger] = [within(WINDOW), within(WINDOW * 1.1)];
      const { allowed, retryAfterMs } = limiter.consume("a", { cost });
      judge(allowed, cost, inWindow, inLonger, retryAfterMs);
      if (allowed) passed.push({ at: now, cost });
    }
  }

  it("never has more than the limit in any window, and has a place again at most a tenth late", () => {
    fc.assert(
      fc.property(cases(any, 300), (input) => {
        play(input, (allowed, cost, inWindow, inLonger) => {
          if (allowed) expect(inWindow + cost).toBeLessThanOrEqual(input.limit);
          else expect(inLonger + cost).toBeGreaterThan(input.limit);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("is exactly a log of all requests, up to a limit of eleven", () => {
    fc.assert(
      fc.property(cases(any, 11), (input) => {
        play(input, (allowed, cost, inWindow) => expect(allowed).toBe(inWindow + cost <= input.limit));
      }),
      { numRuns: 300 },
    );
  });

  it("is allowed after retryAfterMs, and no earlier", () => {
    fc.assert(
      fc.property(cases(whole, 300), fc.integer({ min: 1, max: 300 }), ({ limit, steps }, cost) => {
        const limiter = createRateLimiter({ limit, windowMs: WINDOW });
        for (const step of steps) {
          now += step.wait;
          limiter.consume("a", { cost: step.cost });
        }
        const { allowed, retryAfterMs } = limiter.check("a", { cost });
        expect(allowed).toBe(retryAfterMs === 0);
        expect(retryAfterMs === Number.POSITIVE_INFINITY).toBe(cost > limit);
        if (allowed || cost > limit) return;
        now += retryAfterMs - 1;
        expect(limiter.check("a", { cost }).allowed).toBe(false);
        now += 1;
        expect(limiter.check("a", { cost }).allowed).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("lets ten of eleven steady requests through at exactly the limit", () => {
    const limiter = createRateLimiter({ limit: 100, windowMs: 60_000 });
    let passed = 0;
    for (let i = 0; i < 11_000; i += 1) {
      passed += Number(limiter.consume("a").allowed);
      now += 600;
    }
    expect(passed).toBeGreaterThanOrEqual(10_000);
  });
});

describe("createSharedRateLimiter", () => {
  /** A store that is elsewhere: each answer takes a while. */
  function remote(store = new MemoryStore(1_000)) {
    const later = async <T>(answer: () => T): Promise<T> => {
      await Promise.resolve();
      return answer();
    };
    return {
      take: (...args: Parameters<MemoryStore["take"]>): Promise<RateUse> => later(() => store.take(...args)),
      look: (...args: Parameters<MemoryStore["look"]>): Promise<RateUse> => later(() => store.look(...args)),
      block: (key: string, ms: number): Promise<void> => later(() => store.block(key, ms)),
    };
  }

  it("lets exactly the limit through to 50 clients at once", async () => {
    const limiter = createSharedRateLimiter({ limit: 100, windowMs: 60_000 }, remote());
    let passed = 0;
    const client = async () => {
      for (let i = 0; i < 20; i += 1) {
        const { allowed } = await limiter.consume("a");
        if (allowed) passed += 1;
      }
    };
    await Promise.all(Array.from({ length: 50 }, client));
    expect(passed).toBe(100);
    expect(await limiter.status("a")).toMatchObject({ allowed: false, remaining: 0 });
  });

  it("has the same penalty, tiers and blocks", async () => {
    const events: RateLimitEvent[] = [];
    const config = { limit: 1, windowMs: 100, tiers: { write: { limit: 2, windowMs: 100 } } };
    const penalty = { after: 1, withinMs: 1_000, blockMs: 5_000 };
    const onEvent = (event: RateLimitEvent) => events.push(event);
    const limiter = createSharedRateLimiter({ ...config, penalty, onEvent }, remote());
    await limiter.consume("a");
    expect(await limiter.consume("a")).toMatchObject({ allowed: false, blocked: true, retryAfterMs: 5_000 });
    expect(await limiter.check("a", { tier: "write" })).toMatchObject({ blocked: true, limit: 2 });
    await limiter.block("a", 0);
    expect(await limiter.check("a", { tier: "write" })).toMatchObject({ allowed: true });
    expect(events).toHaveLength(1);
  });

  it("rejects with what the store rejects with", async () => {
    const lost = async () => Promise.reject(new Error("no connection"));
    const limiter = createSharedRateLimiter({ limit: 1, windowMs: 1 }, { take: lost, look: lost, block: lost });
    await expect(limiter.consume("a")).rejects.toThrow("no connection");
    await expect(limiter.block("a", 1)).rejects.toThrow("no connection");
  });

  it("rejects with what the store throws", async () => {
    const lost = () => {
      throw new Error("no connection");
    };
    const limiter = createSharedRateLimiter({ limit: 1, windowMs: 1 }, { take: lost, look: lost, block: lost });
    await expect(limiter.consume("a")).rejects.toThrow("no connection");
    await expect(limiter.check("a")).rejects.toThrow("no connection");
    await expect(limiter.block("a", 1)).rejects.toThrow("no connection");
  });

  it.each([undefined, {}, { take: async () => {}, look: async () => {} }])("takes a store alone: %o", (store) => {
    expect(() => createSharedRateLimiter({ limit: 1, windowMs: 1 }, store as never)).toThrow(
      "store must be an object with take, look and block, got",
    );
  });

  it("takes no maxKeys", () => {
    const config = { limit: 1, windowMs: 1, maxKeys: 5 };
    expect(() => createSharedRateLimiter(config, remote())).toThrow("maxKeys must be left out");
  });
});

describe("the options of a limiter", () => {
  const base = { limit: 1, windowMs: 1_000 };
  const penalty = { after: 1, withinMs: 1, blockMs: 1 };
  const wrong = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1"];

  it.each<[string, object]>([
    ...["limit", "windowMs", "maxKeys"].flatMap((option) =>
      wrong.map((value): [string, object] => [`${option} must`, { ...base, [option]: value }]),
    ),
    ...["after", "withinMs", "blockMs"].flatMap((option) =>
      wrong.map((value): [string, object] => [
        `penalty.${option} must`,
        { ...base, penalty: { ...penalty, [option]: value } },
      ]),
    ),
    ...["limit", "windowMs", "cost"].flatMap((option) =>
      wrong.map((value): [string, object] => [
        `tiers.write.${option} must`,
        { ...base, tiers: { write: { ...base, [option]: value } } },
      ]),
    ),
    ["limit must", {}],
    ["limit must", { limit: 1.5, windowMs: 1 }],
    ["limit must", { limit: 2 ** 32, windowMs: 1 }],
    ["tiers.write.cost must be a whole number from 1 to 1", { ...base, tiers: { write: { ...base, cost: 2 } } }],
    ["tiers must be without `default`", { ...base, tiers: { default: base } }],
    ["the name of a tier must", { ...base, tiers: { "": base } }],
    ["tiers must be an object", { ...base, tiers: 5 }],
    ["tiers.write must be an object", { ...base, tiers: { write: 5 } }],
    ["penalty must be an object", { ...base, penalty: 5 }],
    ["penalty has no option 'ms'", { ...base, penalty: { ...penalty, ms: 5 } }],
    ["onEvent must", { ...base, onEvent: {} }],
    ["createRateLimiter has no option 'max'", { ...base, max: 5 }],
  ])("are refused in one sentence: %s, %j", (sentence, config) => {
    const make = () => createRateLimiter(config as RateLimiterConfig);
    expect(make).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(sentence) }),
    );
  });

  it("and arguments are refused at the call", () => {
    const limiter = createRateLimiter({ ...base, tiers: { write: base } });
    expect(() => limiter.consume(undefined as unknown as string)).toThrow("key must be text, got undefined");
    expect(() => limiter.block(5 as unknown as string, 1)).toThrow("key must be text, got 5");
    expect(() => limiter.check("a", { tier: "admin" })).toThrow("tier must be one of default, write, got 'admin'");
    expect(() => limiter.status("a", "__proto__")).toThrow("tier must be one of default, write");
    for (const cost of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => limiter.consume("a", { cost })).toThrow("cost must be a whole number");
    }
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => limiter.block("a", ms)).toThrow("ms must be a finite number");
    }
    expect(limiter.consume("a", { tier: undefined, cost: undefined }).allowed).toBe(true);
  });
});
