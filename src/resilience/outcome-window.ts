/** Into how many parts a window is cut. */
const CELLS = 10;

/**
 * How many outcomes of the last `windowMs` were failures, in constant memory. An outcome counts for `windowMs`, less
 * at most a tenth of it. A clock that jumps backwards empties the window.
 */
export class OutcomeWindow {
  readonly #cellMs: number;
  readonly #failures: Uint32Array = new Uint32Array(CELLS);
  readonly #requests: Uint32Array = new Uint32Array(CELLS);
  /** The number of the newest cell, counted from the start of the clock. */
  #newest = 0;

  constructor(windowMs: number) {
    this.#cellMs = windowMs / CELLS;
  }

  /** Counts one outcome, and returns what is in the window with it. */
  add(now: number, failed: boolean): { requests: number; failures: number } {
    this.#advance(Math.floor(now / this.#cellMs));
    const at = this.#newest % CELLS;
    this.#requests[at] = (this.#requests[at] ?? 0) + 1;
    if (failed) this.#failures[at] = (this.#failures[at] ?? 0) + 1;
    return this.#sums();
  }

  /** What is in the window. */
  count(now: number): { requests: number; failures: number } {
    this.#advance(Math.floor(now / this.#cellMs));
    return this.#sums();
  }

  clear(): void {
    this.#failures.fill(0);
    this.#requests.fill(0);
  }

  #sums(): { requests: number; failures: number } {
    return { requests: sum(this.#requests), failures: sum(this.#failures) };
  }

  #advance(cell: number): void {
    const passed = cell - this.#newest;
    if (passed < 0 || passed >= CELLS) this.clear();
    for (let i = 1; i <= passed && i < CELLS; i += 1) {
      const at = (this.#newest + i) % CELLS;
      this.#failures[at] = 0;
      this.#requests[at] = 0;
    }
    this.#newest = cell;
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] ?? 0;
  return total;
}
