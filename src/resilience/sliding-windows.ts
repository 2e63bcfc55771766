import type { RateUse } from "./rate-limit-store.ts";

/** Into how many cells a window is cut where not every request can have an entry of its own. */
const CELLS = 10;
/** The same where counts take four bytes: entries are larger, and a key shall not be. */
const FEWER_CELLS = 8;
/** Memory is taken for so many keys at a time: growing copies nothing. */
const CHUNK = 1_024;

type Counts = Uint8Array | Uint16Array | Uint32Array;

interface Chunk {
  /** When the latest request of each entry came. */
  times: Float64Array;
  /** How many places each entry has taken. */
  counts: Counts;
  /** Which entry of each key is the newest. */
  newest: Uint8Array;
}

/**
 * Sliding windows of the same limit, by index: each is a ring of a few entries, an entry being a time and a count.
 *
 * A log of all requests is exact but grows with the limit; two counters that are weighted by time let more or fewer
 * through than the limit; a token bucket as deep as the limit lets twice as many through. So this is a log, in which
 * requests of the same tenth of the window share an entry that has the time of the latest of them. An entry counts
 * until `windowMs` after its time, hence no request is forgotten too early: in no window are there more than `limit`.
 * A request is remembered for longer by at most what lies between it and the latest of its entry: less than a tenth
 * of the window, and nothing for a burst. Up to a limit of eleven each request has an entry, and all is exact.
 */
export class SlidingWindows {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #cellMs: number;
  /** A window touches one cell more than it is long. */
  readonly #entries: number;
  readonly #sharesEntries: boolean;
  readonly #makeCounts: (length: number) => Counts;
  readonly #chunks: Chunk[] = [];

  constructor(limit: number, windowMs: number) {
    const cells = limit < 2 ** 16 ? CELLS : FEWER_CELLS;
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#cellMs = windowMs / cells;
    this.#entries = Math.min(limit, cells + 1);
    this.#sharesEntries = limit > this.#entries;
    this.#makeCounts = countsFor(limit);
  }

  /** Empties the window at `index`, which is used or the first one that is not. */
  clear(index: number): void {
    if (index >= this.#chunks.length * CHUNK) this.#chunks.push(this.#makeChunk());
    const from = (index % CHUNK) * this.#entries;
    this.#chunkOf(index).counts.fill(0, from, from + this.#entries);
  }

  /** Whether nothing counts in it any more. */
  isEmpty(index: number, now: number): boolean {
    const { times, newest } = this.#chunkOf(index);
    const at = (index % CHUNK) * this.#entries + (newest[index % CHUNK] as number);
    return now - (times[at] as number) >= this.#windowMs;
  }

  /** Says what `cost` places at `now` would come to, and takes them if that is wanted and they are free. */
  use(index: number, cost: number, now: number, take: boolean): RateUse {
    const chunk = this.#chunkOf(index);
    const from = (index % CHUNK) * this.#entries;
    const used = this.#used(chunk, from, now);
    const free = used + cost <= this.#limit;
    if (free && take) this.#add(chunk, index % CHUNK, cost, now);
    const newest = from + (chunk.newest[index % CHUNK] as number);
    return {
      free,
      used: free && take ? used + cost : used,
      resetMs: used > 0 || (free && take) ? (chunk.times[newest] as number) + this.#windowMs - now : 0,
      retryAfterMs: free ? 0 : this.#retryAfterMs(chunk, index % CHUNK, used + cost - this.#limit, now),
      blockedMs: 0,
    };
  }

  #used({ times, counts }: Chunk, from: number, now: number): number {
    let used = 0;
    for (let at = from; at < from + this.#entries; at += 1) {
      if (now - (times[at] as number) < this.#windowMs) used += counts[at] as number;
    }
    return used;
  }

  #add({ times, counts, newest }: Chunk, row: number, cost: number, now: number): void {
    const from = row * this.#entries;
    let at = from + (newest[row] as number);
    if (!(this.#sharesEntries && this.#cell(times[at] as number) === this.#cell(now))) {
      newest[row] = ((newest[row] as number) + 1) % this.#entries;
      at = from + (newest[row] as number);
    }
    // The next entry no longer counts, unless rounding has put one cell too many into the window: then both share it.
    const counting = now - (times[at] as number) < this.#windowMs ? (counts[at] as number) : 0;
    counts[at] = counting + cost;
    times[at] = now;
  }

  /** When the oldest entries that hold `missing` places no longer count. */
  #retryAfterMs({ times, counts, newest }: Chunk, row: number, missing: number, now: number): number {
    const from = row * this.#entries;
    let freed = 0;
    for (let i = 1; i <= this.#entries; i += 1) {
      const at = from + (((newest[row] as number) + i) % this.#entries);
      const leftMs = (times[at] as number) + this.#windowMs - now;
      if (now - (times[at] as number) < this.#windowMs) freed += counts[at] as number;
      if (freed >= missing) return leftMs;
    }
    return Number.POSITIVE_INFINITY; // more than the limit
  }

  #cell(time: number): number {
    return Math.floor(time / this.#cellMs);
  }

  #chunkOf(index: number): Chunk {
    return this.#chunks[Math.floor(index / CHUNK)] as Chunk;
  }

  #makeChunk(): Chunk {
    return {
      times: new Float64Array(CHUNK * this.#entries),
      counts: this.#makeCounts(CHUNK * this.#entries),
      newest: new Uint8Array(CHUNK),
    };
  }
}

/** Counts that can hold `limit`, in as few bytes as possible. */
function countsFor(limit: number): (length: number) => Counts {
  if (limit < 2 ** 8) return (length) => new Uint8Array(length);
  if (limit < 2 ** 16) return (length) => new Uint16Array(length);
  return (length) => new Uint32Array(length);
}
