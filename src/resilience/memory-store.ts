import { detach } from "../base/detach.ts";
import { KeyTable, toStoredKey } from "./key-table.ts";
import type { RateLimitStore, RateRule, RateUse } from "./rate-limit-store.ts";
import { SlidingWindows } from "./sliding-windows.ts";

/**
 * What a limiter in memory holds.
 *
 * **Lifetime.** Of the moment in which it was asked for.
 *
 * **Failure.** None: plain data.
 */
export interface RateLimiterInspection {
  /** Keys that are remembered, over all tiers. */
  keys: number;
  /** Keys that are blocked, or were until lately. */
  blocked: number;
  /** Keys that were forgotten too early, since there were more than `maxKeys`: raise it when this grows. */
  evicted: number;
}

/** The windows of all keys for one rule. */
interface Room {
  table: KeyTable;
  windows: SlidingWindows;
}

/** The store in the memory of this process: at most `maxKeys` keys for each rule, and as many blocks. */
export class MemoryStore implements RateLimitStore<RateUse> {
  readonly #maxKeys: number;
  readonly #rooms: Map<string, Room> = new Map();
  /** Until when keys are blocked. Apart from the windows: a flood of other keys does not lift a block. */
  readonly #blocks: Map<string, number> = new Map();
  readonly #now: () => number = createSteadyClock();
  #evicted = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  take(rule: RateRule, key: string, cost: number): RateUse {
    const stored = toStoredKey(key);
    const now = this.#now();
    if (this.#blocks.size > 0 && this.#blockedMs(stored, now) > 0) return this.#look(rule, stored, cost, now);
    const room = this.#room(rule);
    const known = room.table.find(stored);
    if (known === undefined) return room.windows.use(this.#admit(room, stored, now), cost, now, true);
    room.table.touch(known);
    return room.windows.use(known, cost, now, true);
  }

  look(rule: RateRule, key: string, cost: number): RateUse {
    return this.#look(rule, toStoredKey(key), cost, this.#now());
  }

  block(key: string, ms: number): void {
    const now = this.#now();
    const stored = detach(toStoredKey(key));
    this.#blocks.delete(stored);
    for (const [first, until] of this.#blocks) {
      if (until > now && this.#blocks.size < this.#maxKeys) break;
      this.#blocks.delete(first);
    }
    if (ms > 0) this.#blocks.set(stored, now + ms);
  }

  inspect(): RateLimiterInspection {
    const keys = [...this.#rooms.values()].reduce((sum, { table }) => sum + table.length, 0);
    return { keys, blocked: this.#blocks.size, evicted: this.#evicted };
  }

  #look(rule: RateRule, stored: string, cost: number, now: number): RateUse {
    const { table, windows } = this.#room(rule);
    const known = table.find(stored);
    const use = known === undefined ? unused(rule, cost) : windows.use(known, cost, now, false);
    const blockedMs = this.#blockedMs(stored, now);
    return blockedMs > 0 ? { ...use, free: false, blockedMs } : use;
  }

  /** Takes an index for a new key: of one of which nothing counts any more, a new one, or the longest unused one. */
  #admit({ table, windows }: Room, stored: string, now: number): number {
    const idle = table.length > 0 && windows.isEmpty(table.oldest, now);
    if (table.isFull && !idle) this.#evicted += 1;
    const index = idle || table.isFull ? table.replaceOldest(stored) : table.add(stored);
    windows.clear(index);
    return index;
  }

  #blockedMs(stored: string, now: number): number {
    const until = this.#blocks.get(stored);
    if (until === undefined) return 0;
    if (until > now) return until - now;
    this.#blocks.delete(stored);
    return 0;
  }

  #room({ name, limit, windowMs }: RateRule): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = { table: new KeyTable(this.#maxKeys), windows: new SlidingWindows(limit, windowMs) };
    this.#rooms.set(name, room);
    return room;
  }
}

function unused({ limit }: RateRule, cost: number): RateUse {
  const free = cost <= limit;
  return { free, used: 0, resetMs: 0, retryAfterMs: free ? 0 : Number.POSITIVE_INFINITY, blockedMs: 0 };
}

/** The monotonic clock. Should it jump backwards all the same, this one goes on from where it was. */
function createSteadyClock(): () => number {
  let last = performance.now();
  let ahead = 0;
  return () => {
    const now = performance.now();
    if (now < last) ahead += last - now;
    last = now;
    return now + ahead;
  };
}
