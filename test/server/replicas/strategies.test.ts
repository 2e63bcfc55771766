import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Candidate,
  leastConnections,
  powerOfTwo,
  rendezvous,
  roundRobin,
  weighted,
} from "../../../src/server/replicas/strategies.ts";

const candidates = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 16 }).chain((ids) =>
  fc.tuple(
    ...ids
      .sort((a, b) => a - b)
      .map((id) =>
        fc.record({
          id: fc.constant(id),
          inFlight: fc.nat(20),
          weight: fc.double({ min: 0.1, max: 1, noNaN: true }),
        }),
      ),
  ),
);

/** Numbers below 1, as Math.random gives them, one after the other. */
const random = fc
  .array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 })
  .map((numbers) => {
    let at = 0;
    return () => numbers[at++ % numbers.length] as number;
  });

const load = ({ inFlight, weight }: Candidate) => (inFlight + 1) / weight;
const plain = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, inFlight: 0, weight: 1 }));
const keys = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

describe("a strategy", () => {
  it("chooses one of those that are there", () => {
    fc.assert(
      fc.property(candidates, random, fc.nat(70), fc.string(), (all, random, last, key) => {
        const chosen = [
          powerOfTwo(all, random),
          leastConnections(all, random),
          roundRobin(all, last, random),
          weighted(all, random),
          rendezvous(all, key),
        ];
        for (const one of chosen) expect(all).toContain(one);
      }),
    );
  });
});

describe("power of two choices", () => {
  it("never chooses one that is busier than all others", () => {
    fc.assert(
      fc.property(candidates, random, (all, random) => {
        const chosen = powerOfTwo(all, random);
        if (all.length > 1) expect(all.some((other) => other !== chosen && load(other) >= load(chosen))).toBe(true);
      }),
    );
  });

  it("chooses each of those that are equally busy about equally often", () => {
    const all = plain(4);
    const counts = new Map<number, number>();
    for (let i = 0; i < 10_000; i += 1) {
      const { id } = powerOfTwo(all, Math.random);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const { id } of all) expect(counts.get(id)).toBeGreaterThan(2_000);
  });
});

describe("least connections", () => {
  it("chooses the least busy one, for its share", () => {
    fc.assert(
      fc.property(candidates, random, (all, random) => {
        expect(load(leastConnections(all, random))).toBe(Math.min(...all.map(load)));
      }),
    );
  });
});

describe("round robin", () => {
  it("takes each in its turn, also when some come and go", () => {
    fc.assert(
      fc.property(candidates, fc.nat(70), (all, start) => {
        const full = all.map((one) => ({ ...one, weight: 1 }));
        let last = start;
        const order = full.map(() => {
          last = roundRobin(full, last, Math.random).id;
          return last;
        });
        expect([...order].sort((a, b) => a - b)).toEqual(full.map(({ id }) => id));
        expect(order[0]).toBe(full.find(({ id }) => id > start)?.id ?? full[0]?.id);
      }),
    );
  });

  it("passes over one with a small share now and then", () => {
    const all = [
      { id: 1, inFlight: 0, weight: 1 },
      { id: 2, inFlight: 0, weight: 0.25 },
    ];
    let last = 0;
    let second = 0;
    for (let i = 0; i < 10_000; i += 1) {
      last = roundRobin(all, last, Math.random).id;
      if (last === 2) second += 1;
    }
    expect(second).toBeGreaterThan(1_600);
    expect(second).toBeLessThan(2_400); // a quarter of each second turn: 1 of 5
  });
});

describe("any one", () => {
  it("is chosen by its share", () => {
    const all = [
      { id: 1, inFlight: 0, weight: 1 },
      { id: 2, inFlight: 0, weight: 0.1 },
    ];
    const chosen = Array.from({ length: 10_000 }, () => weighted(all, Math.random).id);
    const second = chosen.filter((id) => id === 2).length;
    expect(second).toBeGreaterThan(600);
    expect(second).toBeLessThan(1_250);
  });
});

describe("rendezvous hashing", () => {
  it("chooses the same one for the same key, whoever else comes or goes", () => {
    fc.assert(
      fc.property(candidates, fc.string(), fc.nat(), (all, key, leaver) => {
        const chosen = rendezvous(all, key);
        const others = all.filter((other, i) => other === chosen || i !== leaver % all.length);
        expect(rendezvous(others, key)).toBe(chosen);
      }),
    );
  });

  it("moves only the keys of the one that leaves", () => {
    const five = plain(5);
    const four = five.filter(({ id }) => id !== 3);
    for (const key of keys) {
      const before = rendezvous(five, key).id;
      if (before !== 3) expect(rendezvous(four, key).id).toBe(before);
    }
  });

  it("gives each about as many keys", () => {
    const all = plain(5);
    const counts = new Map<number, number>();
    for (const key of keys) {
      const { id } = rendezvous(all, key);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const { id } of all) {
      expect(counts.get(id)).toBeGreaterThan(1_800);
      expect(counts.get(id)).toBeLessThan(2_200);
    }
  });
});
