import { type Operation, sleep } from "effection";

/** Something that can be idle. */
export interface Idler {
  /** Since when, on the clock of `performance.now()`; `undefined` while it is busy, or not running. */
  idleSince(): number | undefined;
  /** How long it may be idle. */
  readonly idleTimeoutMs: number;
}

/**
 * What has been idle for longest. It looks at all of them, once for each eviction: keeping them in order instead
 * would be work at every request.
 */
export function longestIdle<T extends Idler>(idlers: Iterable<T>): T | undefined {
  let longest: T | undefined;
  let earliest = Number.POSITIVE_INFINITY;
  for (const idler of idlers) {
    const since = idler.idleSince() ?? earliest;
    if (since < earliest) {
      earliest = since;
      longest = idler;
    }
  }
  return longest;
}

/** Looks are at least this part of the idle time apart, so that many servers do not cost a look each. */
const COARSENESS = 0.02;

/**
 * Stops, for as long as it runs, whatever has been idle for its time, at most a fiftieth of `shortestMs` later. That is
 * the shortest time that anybody has. One timer serves all.
 */
export function* stopIdlers<T extends Idler>(
  idlers: Iterable<T>,
  shortestMs: number,
  stop: (idler: T) => void,
): Operation<never> {
  for (;;) {
    const now = performance.now();
    let next = now + shortestMs; // who is busy now, or comes later, cannot be due before that
    for (const idler of idlers) {
      const due = (idler.idleSince() ?? now) + idler.idleTimeoutMs;
      if (due <= now) stop(idler);
      else next = Math.min(next, due);
    }
    yield* sleep(Math.ceil(Math.max(next - now, shortestMs * COARSENESS)));
  }
}
