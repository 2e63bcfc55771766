/**
 * One grace period for all that the stop of one server waits for, one after the other: requests that are in flight, then
 * what the server itself does at its end. Without it each step would take a whole one.
 */
export class GracePeriod {
  readonly #graceMs: () => number;
  #endsAt: number | undefined;

  /** @param graceMs how long it is. Asked again later: a period around it may end sooner. */
  constructor(graceMs: () => number) {
    this.#graceMs = graceMs;
  }

  /** The stop begins; the first call counts. */
  begin(): void {
    this.#endsAt ??= performance.now() + this.#graceMs();
  }

  /** What is left of it; all of it before it has begun. */
  leftMs(): number {
    const graceMs = this.#graceMs();
    return this.#endsAt === undefined ? graceMs : Math.max(0, Math.min(graceMs, this.#endsAt - performance.now()));
  }
}
