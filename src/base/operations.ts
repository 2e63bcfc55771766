import { type Future, type Operation, race, resource, type Scope, sleep, until, useScope } from "effection";

/** What is passed where nothing is to be done. */
export const noop = (): void => {};

/** Makes a promise yieldable as well, so that one value serves promise users and operations. */
export function toFuture<T>(promise: Promise<T>): Future<T> {
  return Object.defineProperty(promise, Symbol.iterator, {
    value: () => until(promise)[Symbol.iterator](),
  }) as Future<T>;
}

/** A future, and how to settle it. */
export interface Settled<T> {
  future: Future<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Makes a future to be settled later. A rejection that nobody waits for is none of the process's business. */
export function createSettled<T>(): Settled<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(noop);
  return { future: toFuture(promise), resolve, reject };
}

/** A future that has failed already. Nobody has to wait for it. */
export function toRejectedFuture<T>(error: unknown): Future<T> {
  const rejected = Promise.reject(error);
  rejected.catch(noop);
  return toFuture(rejected);
}

/**
 * A scope whose tasks are torn down after everything that is acquired later.
 *
 * Teardown runs in reverse order of creation, over tasks and resources alike: tasks started on the caller's
 * own scope are always the newest and would be halted before the caller's `ensure`s.
 */
export function useTaskScope(): Operation<Scope> {
  return resource(function* (provide) {
    yield* provide(yield* useScope());
  });
}

/**
 * Runs `operation`, for at most `ms`. The operation that loses is torn down before this returns, so its own
 * cleanup must be bounded as well.
 *
 * @returns whether `operation` finished in time.
 */
export function* finishesWithin(ms: number, operation: () => Operation<void>): Operation<boolean> {
  return yield* race([
    (function* (): Operation<boolean> {
      yield* operation();
      return true;
    })(),
    (function* (): Operation<boolean> {
      yield* sleep(ms);
      return false;
    })(),
  ]);
}
