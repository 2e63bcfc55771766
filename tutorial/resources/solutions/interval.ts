import { ensure, type Operation, resource } from "effection";

/** Calls `tick` every `ms` while its owner lives. */
export function useInterval(ms: number, tick: () => void): Operation<void> {
  return resource(function* (provide) {
    const timer = setInterval(tick, ms);
    yield* ensure(() => clearInterval(timer));
    yield* provide();
  });
}
