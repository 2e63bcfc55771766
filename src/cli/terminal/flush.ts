import type { Writable } from "node:stream";
import { action, type Operation, race, sleep } from "effection";

/** Returns when all that was written has been taken, when the reader is gone, or after `limitMs`. `process.exit` would lose it. */
export function* flushed(stream: Writable, limitMs: number): Operation<void> {
  if (stream.writableLength > 0) yield* race([written(stream), sleep(limitMs)]);
}

/** Returns when all that was written has been taken, or the reader is gone. */
export function written(stream: Writable): Operation<void> {
  return action((resolve) => {
    stream.write("", () => resolve());
    return () => {};
  });
}
