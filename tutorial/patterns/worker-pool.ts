// #region turns
import { Err, Ok, type Operation, type Result, resource, scoped, withResolvers } from "effection";
import { useDoor } from "../scopes/door.ts";

/** Lets at most `max` operations run at once. The others wait, in the order in which they came. */
function createTurns(max: number): <T>(operation: () => Operation<T>) => Operation<T> {
  const waiting = new Set<{ granted: boolean; resolve(): void }>();
  let free = max;

  function pass(): void {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
    } else {
      waiting.delete(next);
      next.granted = true; // from here on it is its own to pass on
      next.resolve();
    }
  }

  return function* takeTurn(operation) {
    const turn = { granted: free > 0, ...withResolvers<void>() };
    if (turn.granted) free -= 1;
    else waiting.add(turn);
    try {
      if (!turn.granted) yield* turn.operation;
      return yield* scoped(operation);
    } finally {
      if (turn.granted) pass();
      else waiting.delete(turn);
    }
  };
}
// #endregion

// #region pool
/** The result of a job to come. */
export interface Job<T> extends Promise<T> {
  /** To be waited for: ends it, whether it waits or runs. Resolves when nothing of it is left. */
  halt(): PromiseLike<void>;
}

export interface WorkerPool {
  submit<T>(operation: () => Operation<T>): Job<T>;
}

/** Runs jobs, so many at once. When its owner ends, so do they. */
export function useWorkerPool({ workers }: { workers: number }): Operation<WorkerPool> {
  return resource(function* (provide) {
    const enter = yield* useDoor();
    const takeTurn = createTurns(workers);

    function submit<T>(operation: () => Operation<T>): Job<T> {
      const task = enter(function* (): Operation<Result<T>> {
        try {
          return Ok(yield* takeTurn(operation));
        } catch (error) {
          return Err(error as Error);
        }
      });
      const result = task.then(toValue);
      result.catch(() => {}); // nobody has to wait for it
      return Object.assign(result, { halt: () => task.halt() });
    }

    yield* provide({ submit });
  });
}

function toValue<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw result.error;
}
// #endregion
