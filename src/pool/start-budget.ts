/** How long a start may take. How long that is may turn out when it is under way. */
export class StartBudget {
  readonly #usedUp: (ms: number) => void;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param usedUp is called once, with what was allowed. */
  constructor(usedUp: (ms: number) => void) {
    this.#usedUp = usedUp;
  }

  /** Allows `ms`, from the first call on. */
  allow(ms: number): void {
    const now = performance.now();
    this.#since ??= now;
    this.clear();
    this.#timer = setTimeout(() => this.#usedUp(ms), ms - (now - this.#since));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
