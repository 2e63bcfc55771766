// #region fire-door
import { type Operation, scoped } from "effection";

/** Runs a life. If it fails, or anything that it started, the failure ends here and is told to `failed`. */
export function* fireDoor(life: () => Operation<void>, failed: (error: Error) => void): Operation<void> {
  try {
    yield* scoped(life);
  } catch (error) {
    failed(error as Error);
  }
}
// #endregion
