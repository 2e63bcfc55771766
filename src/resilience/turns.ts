import { type Place, PriorityQueue } from "./priority-queue.ts";

/** One who has asked for a turn. */
export interface Waiter {
  readonly onTurn: () => void;
  /** Where it waits; `undefined` once it has had its turn, or has left. */
  place: Place<Waiter> | undefined;
}

/**
 * At most `max` at once; of the others at most `maxWaiting` wait: higher priorities come first, and those of the same one
 * in the order in which they came. Callbacks alone, for hot paths; `Turn` and `hold` are the same for operations.
 *
 * **Lifetime.** A passive value. Who has got a turn calls `pass` once; who waits, and wants it no longer, `leave`.
 *
 * **Failure.** None of its own. What an `onTurn` throws is thrown at whoever passed its turn on.
 */
export class Turns {
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #waiting = new PriorityQueue<Waiter>();
  #size = 0;

  constructor(max: number, maxWaiting: number = Number.POSITIVE_INFINITY) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /** How many have a turn. */
  get size(): number {
    return this.#size;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a turn if one is free: nobody waits then. */
  tryTake(): boolean {
    if (this.#size >= this.#max) return false;
    this.#size += 1;
    return true;
  }

  /**
   * Takes a turn, or waits for one: `onTurn` is called once, at once or by whoever passes its turn on. `undefined` when
   * as many wait as may.
   */
  take(onTurn: () => void, priority = 0): Waiter | undefined {
    const waiter: Waiter = { onTurn, place: undefined };
    if (this.tryTake()) onTurn();
    else if (this.waiting < this.#maxWaiting) waiter.place = this.#waiting.push(waiter, priority);
    else return undefined;
    return waiter;
  }

  /** Moves one that waits behind those of this priority. One of the same or a higher priority stays where it is. */
  raise(waiter: Waiter, priority: number): void {
    const { place } = waiter;
    if (place === undefined || place.line.priority >= priority) return;
    this.#waiting.delete(place);
    waiter.place = this.#waiting.push(waiter, priority);
  }

  /** Ends a turn: the next one that waits has it. */
  pass(): void {
    const next = this.#waiting.take();
    if (next === undefined) {
      this.#size -= 1;
    } else {
      next.place = undefined;
      next.onTurn();
    }
  }

  /** Waits no longer. Returns whether it did wait: who has got its turn has to pass it on instead. */
  leave(waiter: Waiter): boolean {
    if (waiter.place === undefined) return false;
    this.#waiting.delete(waiter.place);
    waiter.place = undefined;
    return true;
  }
}
