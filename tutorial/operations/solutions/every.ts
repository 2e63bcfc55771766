import { type Operation, scoped, sleep } from "effection";

/** Runs an operation again and again, always `ms` after its last end. What a round acquires is released at its end. */
export function* every(ms: number, operation: () => Operation<void>): Operation<never> {
  for (;;) {
    yield* scoped(operation);
    yield* sleep(ms);
  }
}
