/** The text of a stack, also where a test has an `Error.prepareStackTrace` of its own that gives a list. */
export function stackText(stack: unknown): string {
  if (typeof stack === "string") return stack;
  return Array.isArray(stack) ? ["Error", ...stack.map((call) => `    at ${call}`)].join("\n") : "";
}

/** Gives what makes errors that point to the caller of `asked`, however late they are made. */
export function errorsAtCaller(asked: (...args: never[]) => unknown): (message: string) => Error {
  const place: { stack?: unknown } = {};
  Error.captureStackTrace(place, asked);
  return (message) => {
    const error = new Error(message);
    error.stack = stackText(place.stack).replace(/^.*/, () => `Error: ${message}`);
    return error;
  };
}
