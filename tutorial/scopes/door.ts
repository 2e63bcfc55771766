// #region door
import { type Operation, resource, type Task, useScope } from "effection";

/** Starts an operation from a callback. It throws once the door is closed. */
export type Door = <T>(operation: () => Operation<T>) => Task<T>;

/** A door into the scope of whoever opens it: what came in through it is halted when that scope ends. */
export function useDoor(): Operation<Door> {
  return resource(function* (provide) {
    const scope = yield* useScope();
    let open = true;
    try {
      yield* provide((operation) => {
        if (!open) throw new Error("the door is closed: the scope behind it is ending");
        return scope.run(operation);
      });
    } finally {
      open = false; // first the door is closed, then those inside are halted
    }
  });
}
// #endregion
