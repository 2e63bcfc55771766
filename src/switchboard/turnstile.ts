import { type Place, PriorityQueue } from "../resilience/priority-queue.ts";
export type TurnPlace = Place<() => void>;
export class Turnstile {
  #free: number;
  readonly #max: number;
  readonly #queue = new PriorityQueue<() => void>();
  constructor(max: number) {
    this.#max = max;
    this.#free = max;
  }
  get taken(): number {
    return this.#max - this.#free;
  }
  get waiting(): number {
    return this.#queue.size;
  }
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }
  take(onTurn: () => void): TurnPlace {
    return this.#queue.push(onTurn, 0);
  }
  leave(place: TurnPlace): void {
    this.#queue.delete(place);
  }
  pass(): void {
    const next = this.#queue.take();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
