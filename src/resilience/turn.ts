import { action, type Operation } from "effection";
import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import type { Turns, Waiter } from "./turns.ts";

/** How long somebody waits for its turn, and what it is told after that. */
export interface Patience {
  ms: number;
  late: () => Error;
}

/**
 * One turn of an operation, among those of `turns`.
 *
 * **Lifetime.** From `tryTake` or `wait` until `leave`, which belongs into a `finally`. It has no scope of its own: what
 * is acquired meanwhile belongs to the calling operation, and may outlive the turn.
 *
 * **Failure.** `wait` throws `QUEUE_FULL` when as many wait as may, and what `late` makes.
 */
export class Turn {
  readonly #turns: Turns;
  #priority: number;
  #waiter: Waiter | undefined;
  #taken = false;

  constructor(turns: Turns, priority = 0) {
    this.#turns = turns;
    this.#priority = priority;
  }

  /** Takes it, if one is free. */
  tryTake(): boolean {
    this.#taken = this.#turns.tryTake();
    return this.#taken;
  }

  /** Returns when it has it. */
  wait(patience?: Patience): Operation<void> {
    return action((resolve, reject) => {
      const onTurn = () => {
        this.#taken = true; // its own to pass on from here, even if it is halted before it wakes
        resolve();
      };
      this.#waiter = this.#turns.take(onTurn, this.#priority);
      if (this.#waiter === undefined) {
        const message = `${this.#turns.waiting} wait for their turn, and no more may; come back later`;
        reject(new SwitchboardError("QUEUE_FULL", message));
        return noop;
      }
      const clock = patience && setTimeout(() => reject(patience.late()), patience.ms);
      return () => clearTimeout(clock);
    }, "its turn");
  }

  /** From now on it has this priority, if its own is lower. */
  raise(priority: number): void {
    this.#priority = Math.max(this.#priority, priority);
    if (this.#waiter !== undefined) this.#turns.raise(this.#waiter, priority);
  }

  /** Passes it on, or waits no longer. May be called more than once, at any time. */
  leave(): void {
    if (this.#waiter !== undefined) this.#turns.leave(this.#waiter);
    this.#waiter = undefined;
    if (!this.#taken) return;
    this.#taken = false;
    this.#turns.pass();
  }
}

/** Runs `operation` when it is its turn. One that is halted, also while it waits, leaves its turn to the next. */
export function* hold<T>(turns: Turns, operation: () => Operation<T>): Operation<T> {
  const turn = new Turn(turns);
  try {
    if (!turn.tryTake()) yield* turn.wait();
    return yield* operation();
  } finally {
    turn.leave();
  }
}
