import { action, type Operation } from "effection";
import { noop } from "../base/operations.ts";
import { PriorityQueue } from "./priority-queue.ts";

/** At most `max` operations at once; the others wait, in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting = new PriorityQueue<{ granted: boolean; wake: () => void }>();

  constructor(max: number) {
    this.#free = max;
  }

  /** Runs `operation` when it is its turn. One that is halted, also while it waits, leaves its turn to the next. */
  *hold<T>(operation: () => Operation<T>): Operation<T> {
    const turn = { granted: this.#free > 0, wake: noop };
    const place = turn.granted ? undefined : this.#waiting.push(turn, 0);
    if (turn.granted) this.#free -= 1;
    try {
      if (place !== undefined) yield* untilWoken(turn);
      return yield* operation();
    } finally {
      if (turn.granted) this.#pass();
      else if (place !== undefined) this.#waiting.delete(place);
    }
  }

  #pass(): void {
    const next = this.#waiting.take();
    if (next === undefined) {
      this.#free += 1;
    } else {
      next.granted = true; // its own to pass on from here, even if it is halted before it wakes
      next.wake();
    }
  }
}

function untilWoken(turn: { wake: () => void }): Operation<void> {
  return action((resolve) => {
    turn.wake = resolve;
    return () => {
      turn.wake = noop;
    };
  }, "its turn");
}
