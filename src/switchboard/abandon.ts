import type { ServerResponse } from "node:http";

/**
 * Makes `response`, which has been answered in the app's place, deaf to the app: what it still sets or writes is
 * dropped. Node would throw `ERR_HTTP_HEADERS_SENT`, in a timer or callback of the app perhaps, where that ends the
 * process.
 *
 * Own properties, because Express replaces the prototype of every response.
 */
export function abandon(response: ServerResponse): void {
  const deaf = response as unknown as Record<string, unknown>;
  for (const method of ["setHeader", "setHeaders", "appendHeader", "writeHead"]) deaf[method] = returnThis;
  for (const method of ["removeHeader", "flushHeaders", "writeContinue", "writeProcessing", "writeEarlyHints"]) {
    deaf[method] = doNothing;
  }
  deaf.write = (...args: unknown[]) => {
    callBack(args);
    return true;
  };
  deaf.end = (...args: unknown[]) => {
    callBack(args);
    return response;
  };
}

function returnThis(this: ServerResponse): ServerResponse {
  return this;
}

function doNothing(): void {}

/** Whoever waits until something is written goes on. */
function callBack(args: unknown[]): void {
  const callback = args.find((value) => typeof value === "function") as (() => void) | undefined;
  if (callback !== undefined) process.nextTick(callback);
}
