import { fail, integerOption, numberOption } from "../base/options.ts";

/**
 * Which of many occasions a fault strikes. Zero is never.
 *
 * **Lifetime.** Read when the fault is set.
 *
 * **Failure.** None: plain data. A value out of range is refused when the fault is set.
 */
export interface FaultSelection {
  /** Strikes this share of the occasions that fit, from 0 to 100. @default 100 */
  percentage?: number | undefined;
  /** Makes the choice of `percentage`, and any jitter, the same each time. @default a random one */
  seed?: number | undefined;
  /** Strikes only so often. @default no limit */
  first?: number | undefined;
  /** Strikes only for so long from when it is set, in milliseconds. @default as long as it is set */
  durationMs?: number | undefined;
}

/** A fault that is set. */
export interface FaultListing<T> {
  /** Tells it from the others of its kind. */
  id: number;
  /** As it was set. */
  fault: T;
  /** Until it is over by itself; `undefined` for as long as it is set. */
  remainingMs: number | undefined;
  /** How often it can strike yet; `undefined` without a limit. */
  left: number | undefined;
}

interface Active<T> {
  fault: T;
  random: () => number;
  percentage: number;
  left: number;
  /** On the clock of `performance.now()`. */
  until: number;
}

/**
 * Faults that are set, and the choice of the one that strikes.
 *
 * **Lifetime.** A passive value; each fault lasts until it is removed.
 *
 * **Failure.** `set` throws `INVALID_OPTION` for a selection that is out of range.
 */
export class Faults<T extends FaultSelection> {
  readonly #active = new Map<number, Active<T>>();
  #lastId = 0;

  /** How many are set. Ask this first: with none, there is nothing else to do. */
  get size(): number {
    return this.#active.size;
  }

  /** Sets a fault. Returns how to remove it. */
  set(fault: T): () => void {
    const id = this.add(fault);
    return () => void this.remove(id);
  }

  /** Sets a fault. Returns its id. */
  add(fault: T): number {
    const { percentage = 100, seed = Math.random() * 2 ** 32, first, durationMs } = fault;
    if (typeof percentage !== "number" || !(percentage >= 0 && percentage <= 100))
      fail("percentage", "a number from 0 to 100", percentage);
    const active: Active<T> = {
      fault,
      percentage,
      random: createRandom(numberOption("seed", seed)),
      left: first === undefined ? Number.POSITIVE_INFINITY : integerOption("first", first, 0, Number.MAX_SAFE_INTEGER),
      until: performance.now() + (durationMs === undefined ? Number.POSITIVE_INFINITY : atLeastZero(durationMs)),
    };
    this.#lastId += 1;
    this.#active.set(this.#lastId, active);
    return this.#lastId;
  }

  /** Removes a fault. Whether there was one. */
  remove(id: number): boolean {
    return this.#active.delete(id);
  }

  /** Those that are set, and not over by themselves, in the order in which they were set. */
  list(): FaultListing<T>[] {
    const now = performance.now();
    for (const [id, { until }] of this.#active) if (now >= until) this.#active.delete(id);
    return [...this.#active].map(([id, { fault, until, left }]) => ({
      id,
      fault,
      remainingMs: toLimit(until - now),
      left: toLimit(left),
    }));
  }

  /** The first fault, in the order in which they were set, that `fits` and strikes now. `random` is its own. */
  pick(fits: (fault: T) => boolean): { fault: T; random: () => number } | undefined {
    const now = performance.now();
    for (const active of this.#active.values()) {
      if (active.left <= 0 || now >= active.until || !fits(active.fault)) continue;
      if (active.random() * 100 >= active.percentage) continue;
      active.left -= 1;
      return active;
    }
    return undefined;
  }
}

function toLimit(value: number): number | undefined {
  return value === Number.POSITIVE_INFINITY ? undefined : Math.ceil(value);
}

function atLeastZero(durationMs: number): number {
  return typeof durationMs === "number" && durationMs >= 0
    ? durationMs
    : fail("durationMs", "a number >= 0 (milliseconds)", durationMs);
}

/** Numbers from 0 to 1 that are the same for the same seed (Mulberry32, a generator in the public domain). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
