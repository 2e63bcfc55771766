import { detach } from "../base/detach.ts";

/** The place of all hostnames that have none of their own, and what they are called together. */
export const OTHERS = 0;
export const OTHERS_NAME = "_other";

/** Traffic counts half after so long: who was busy yesterday makes room for who is busy now. */
const HALF_LIFE_MS = 600_000;
/** Who has no place needs so many times the traffic of one that has: two alike would take turns otherwise. */
const ADVANTAGE = 2;
/** How many hostnames without a place are watched, for each place there is. */
const WATCHED_PER_PLACE = 8;

/**
 * Gives the busiest hostnames a place each: a number from 1 to `size`. Anybody can invent hostnames, so all others
 * share the place {@link OTHERS}. As long as there is room, a hostname has its place at once; after that, places change
 * hands in {@link review} alone. Memory is bounded, whatever comes.
 */
export class BusiestHostnames {
  readonly #size: number;
  readonly #places: Map<string, number> = new Map();
  readonly #traffic: Float64Array;
  /** When a place was taken from somebody else, on the clock of `performance.now()`. */
  readonly #since: Float64Array;
  /** Lower bounds of the traffic of hostnames without a place, after Misra and Gries. */
  readonly #watched: Map<string, number> = new Map();
  #agedAt: number = performance.now();

  constructor(size: number) {
    this.#size = size;
    this.#traffic = new Float64Array(size + 1);
    this.#since = new Float64Array(size + 1).fill(-1);
  }

  /** Who has a place, with it. */
  get places(): ReadonlyMap<string, number> {
    return this.#places;
  }

  /** Its place, which it gets if there is room. */
  placeOf(hostname: string | undefined): number {
    if (hostname === undefined) return OTHERS;
    return this.#places.get(hostname) ?? this.#add(hostname);
  }

  /** The place where a request is counted that is in flight since then: always the same, but for {@link review}. */
  placeSince(hostname: string | undefined, receivedAt: number): number {
    const place = this.placeOf(hostname);
    return receivedAt <= (this.#since[place] as number) ? OTHERS : place;
  }

  /** Its place, if it has one, where it begins anew: what is in flight for it is one of the others' from now on. */
  restart(hostname: string): number | undefined {
    const place = this.#places.get(hostname);
    if (place !== undefined) this.#since[place] = performance.now();
    return place;
  }

  /** Counts a request for it, and gives its place. */
  count(hostname: string | undefined): number {
    const place = this.placeOf(hostname);
    if (place !== OTHERS) this.#traffic[place] = (this.#traffic[place] as number) + 1;
    else if (hostname !== undefined && hostname !== OTHERS_NAME) this.#watch(hostname);
    return place;
  }

  /** Gives the places of the least busy to whoever is much busier. `vacate` is told of each before it has changed. */
  review(vacate: (place: number) => void): void {
    const now = performance.now();
    this.#age(now);
    if (this.#watched.size === 0) return;
    const holders = [...this.#places].sort((a, b) => this.#trafficAt(a[1]) - this.#trafficAt(b[1]));
    const rivals = [...this.#watched].sort((a, b) => b[1] - a[1]);
    for (const [i, [rival, traffic]] of rivals.entries()) {
      const holder = holders[i];
      if (holder === undefined || traffic <= ADVANTAGE * this.#trafficAt(holder[1])) return;
      const [hostname, place] = holder;
      vacate(place);
      this.#places.delete(hostname);
      this.#watched.delete(rival);
      this.#places.set(rival, place);
      this.#traffic[place] = traffic;
      this.#since[place] = now;
    }
  }

  #trafficAt(place: number): number {
    return this.#traffic[place] as number;
  }

  #add(hostname: string): number {
    if (this.#places.size === this.#size || hostname === OTHERS_NAME) return OTHERS;
    const place = this.#places.size + 1;
    this.#places.set(detach(hostname), place);
    return place;
  }

  #watch(hostname: string): void {
    const traffic = this.#watched.get(hostname);
    if (traffic !== undefined) {
      this.#watched.set(hostname, traffic + 1);
      return;
    }
    const isFull = () => this.#watched.size >= this.#size * WATCHED_PER_PLACE;
    if (isFull()) this.#lessen((each) => each - 1);
    if (!isFull()) this.#watched.set(detach(hostname), 1);
  }

  #age(now: number): void {
    const factor = 0.5 ** (Math.max(0, now - this.#agedAt) / HALF_LIFE_MS);
    this.#agedAt = now;
    for (let place = 1; place < this.#traffic.length; place += 1)
      this.#traffic[place] = this.#trafficAt(place) * factor;
    this.#lessen((traffic) => traffic * factor);
  }

  /** Those with next to no traffic are forgotten. */
  #lessen(lessened: (traffic: number) => number): void {
    for (const [hostname, traffic] of this.#watched) {
      const left = lessened(traffic);
      if (left < 0.5) this.#watched.delete(hostname);
      else this.#watched.set(hostname, left);
    }
  }
}
