import { type Operation, race, sleep } from "effection";

/** The result of an operation, or an error when it takes longer than `ms`. Then it is halted, and gone. */
export function* withDeadline<T>(ms: number, operation: () => Operation<T>): Operation<T> {
  return yield* race([operation(), late(ms)]);
}

function* late(ms: number): Operation<never> {
  yield* sleep(ms);
  throw new Error(`not done within ${ms} ms`);
}
