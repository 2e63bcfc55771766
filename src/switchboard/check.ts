import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "../server/problem.ts";

/**
 * Says whether a request for `hostname` may go on: `undefined` is yes. At once where it can: a promise for every
 * request would cost more than all checks together. `response` is `undefined` for an upgrade. It does not throw or reject.
 */
export type Check = (
  hostname: string,
  request: IncomingMessage,
  response: ServerResponse | undefined,
) => Problem | undefined | Promise<Problem | undefined>;

/** One check of several, in their order, up to the first that refuses; at once as long as each of them answers at once. */
export function inOrder([first, ...rest]: readonly Check[]): Check | undefined {
  const next = rest.length === 0 ? undefined : inOrder(rest);
  if (first === undefined || next === undefined) return first;
  return (hostname, request, response) => {
    const verdict = first(hostname, request, response);
    if (verdict === undefined) return next(hostname, request, response);
    if (!(verdict instanceof Promise)) return verdict;
    return verdict.then((problem) => problem ?? next(hostname, request, response));
  };
}

/** An answer that did not come in time. */
export const LATE: unique symbol = Symbol("late");

/** What `answer` settles with, or {@link LATE} after `ms`. */
export async function answerWithin<T>(ms: number, answer: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
