import { toError } from "./errors.ts";

/** Calls a listener that may throw: it is reported as a process warning, and whoever emits goes on. */
export function tell<T>(listener: (event: T) => void, event: T): void {
  try {
    listener(event);
  } catch (error) {
    process.emitWarning(toError(error));
  }
}
