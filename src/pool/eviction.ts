import { type Operation, sleep } from "effection";

/** A member of an {@link IdleList}: it carries its own links, so that joining and leaving allocate nothing. */
export interface Idler {
  idleSince: number;
  newer: Idler | undefined;
  older: Idler | undefined;
}

/** Everything that is idle, the longest idle first. Joining and leaving take constant time. */
export class IdleList<T extends Idler> {
  #oldest: Idler | undefined;
  #newest: Idler | undefined;

  /** What has been idle for longest. */
  get oldest(): T | undefined {
    return this.#oldest as T | undefined;
  }

  /** Adds what is idle from now on. It must not be in the list. */
  add(idler: T, now: number): void {
    idler.idleSince = now;
    idler.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = idler;
    else this.#newest.newer = idler;
    this.#newest = idler;
  }

  /** Takes out what is busy again, or gone. Does nothing when it is not in the list. */
  remove(idler: T): void {
    const { older, newer } = idler;
    if (older === undefined && this.#oldest !== idler) return;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    idler.older = undefined;
    idler.newer = undefined;
  }
}

/** Stops, for as long as it runs, whatever has been idle for `idleMs`. One timer serves the whole list. */
export function* stopIdlers<T extends Idler>(
  list: IdleList<T>,
  idleMs: number,
  stop: (idler: T) => void,
): Operation<never> {
  for (;;) {
    const now = performance.now();
    let oldest = list.oldest;
    while (oldest !== undefined && oldest.idleSince + idleMs <= now) {
      list.remove(oldest);
      stop(oldest);
      oldest = list.oldest;
    }
    // With an empty list nothing can be due before `idleMs` have passed.
    yield* sleep(oldest === undefined ? idleMs : Math.ceil(oldest.idleSince + idleMs - now));
  }
}
