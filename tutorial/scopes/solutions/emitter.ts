import type { EventEmitter } from "node:events";
import { ensure, type Operation, resource } from "effection";
import { useDoor } from "../door.ts";

/** While its owner lives, each `event` of `emitter` starts an operation. What still runs at the end is halted. */
export function useEmitter(
  emitter: EventEmitter,
  event: string,
  operation: (...args: unknown[]) => Operation<void>,
): Operation<void> {
  return resource(function* (provide) {
    const enter = yield* useDoor();
    const listener = (...args: unknown[]) => void enter(() => operation(...args));
    emitter.on(event, listener);
    yield* ensure(() => void emitter.off(event, listener));
    yield* provide();
  });
}
