/** When a start that goes on is told of for the first time; then each time after twice as long. */
const FIRST_MS = 5_000;

/** Until somebody knows better. */
const NOT_MADE = "its app factory, or its module, has not finished";

/** Tells why a start takes long, for as long as it does: each reason once. */
export class SlowStart {
  /** What it waits for, where that is known. */
  reason: string | undefined;
  readonly #tell: (reason: string, afterMs: number) => void;
  #told: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell hears what it waits for, and for how long it has started. */
  constructor(tell: (reason: string, afterMs: number) => void) {
    this.#tell = tell;
  }

  waitsFor(reason: string): void {
    this.reason = reason;
  }

  begin(): void {
    this.#look(FIRST_MS, FIRST_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look(pauseMs: number, afterMs: number): void {
    this.#timer = setTimeout(() => {
      const { reason = NOT_MADE } = this;
      this.#look(afterMs, 2 * afterMs);
      if (reason === this.#told) return;
      this.#told = reason;
      this.#tell(reason, afterMs);
    }, pauseMs);
  }
}
