// #region attempt
import { Err, Ok, type Operation, type Result, scoped } from "effection";
import type { Door } from "../scopes/door.ts";

/** Lets an operation in through a door. What fails in it comes back to the caller, and harms nobody behind the door. */
export async function attempt<T>(enter: Door, operation: () => Operation<T>): Promise<T> {
  const result = await enter(function* (): Operation<Result<T>> {
    try {
      return Ok(yield* scoped(operation));
    } catch (error) {
      return Err(error as Error);
    }
  });
  if (result.ok) return result.value;
  throw result.error;
}
// #endregion
