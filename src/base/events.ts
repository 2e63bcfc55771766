import { action, type Operation, resource, type Stream, type Subscription } from "effection";
import { toError } from "./errors.ts";

/** How many events a subscriber may be behind before it loses the oldest. */
const BACKLOG = 10_000;

/** Events for synchronous listeners, and for subscribers of a stream. */
export interface Events<T> {
  /** Tells every listener and subscriber. After `close` it does nothing. */
  emit(event: T): void;
  /** Calls `listener` with every event, synchronously. Returns how to stop that. */
  listen(listener: (event: T) => void): () => void;
  /** Ends every subscription, after what it has not read yet. */
  close(): void;
  /** For operations: `for (const event of yield* each(stream))`. */
  readonly stream: Stream<T, void>;
  /** For promises: `for await (const event of iterable)`. It listens from the call of `for await` on. */
  readonly iterable: AsyncIterable<T>;
}

/**
 * Makes {@link Events}. A listener hears of everything, also of the last act of a teardown; one that throws is
 * reported as a process warning and loses nothing for the others. A stream keeps the newest 10,000 events for
 * each subscriber that is behind, and ends when the source closes.
 */
export function createEvents<T>(): Events<T> {
  const listeners = new Set<(event: T) => void>();
  const backlogs = new Set<Backlog<T>>();
  let closed = false;
  const subscribe = () => {
    const backlog = new Backlog<T>();
    if (closed) backlog.close();
    backlogs.add(backlog);
    return backlog;
  };
  return {
    emit(event) {
      if (closed) return;
      for (const listener of listeners) tell(listener, event);
      for (const backlog of backlogs) backlog.push(event);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closed = true;
      for (const backlog of backlogs) backlog.close();
    },
    stream: resource(function* (provide) {
      const backlog = subscribe();
      try {
        yield* provide(backlog);
      } finally {
        backlogs.delete(backlog);
      }
    }),
    iterable: {
      async *[Symbol.asyncIterator]() {
        const backlog = subscribe();
        try {
          for (;;) {
            const result = backlog.read();
            if (result === undefined) await new Promise<void>((resolve) => backlog.whenChanged(resolve));
            else if (result.done) return;
            else yield result.value;
          }
        } finally {
          backlogs.delete(backlog);
        }
      },
    },
  };
}

/** What one subscriber has not read yet. */
class Backlog<T> implements Subscription<T, void> {
  #events: T[] = [];
  #closed = false;
  #waiting = new Set<() => void>();

  push(event: T): void {
    if (this.#events.length === BACKLOG) this.#events.shift();
    this.#events.push(event);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  *next(): Operation<IteratorResult<T, void>> {
    for (;;) {
      const result = this.read();
      if (result !== undefined) return result;
      yield* action<void>((resolve) => this.whenChanged(resolve), "next event");
    }
  }

  /** What is next, if that is known already. */
  read(): IteratorResult<T, void> | undefined {
    if (this.#events.length > 0) return { done: false, value: this.#events.shift() as T };
    return this.#closed ? { done: true, value: undefined } : undefined;
  }

  /** Calls `resolve` at the next change. Returns how to give that up. */
  whenChanged(resolve: () => void): () => void {
    const wake = () => {
      this.#waiting.delete(wake);
      resolve();
    };
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Calls a listener that may throw: it is reported as a process warning, and whoever emits goes on. */
export function tell<T>(listener: (event: T) => void, event: T): void {
  try {
    listener(event);
  } catch (error) {
    process.emitWarning(toError(error));
  }
}
