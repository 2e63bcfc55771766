/**
 * At most `max` places for members that come, leave slowly, and are gone. A member that is leaving can hand its
 * place to a newcomer, who must wait until it is gone: so there are never more than `max` at once.
 */
export class Places<T extends object> {
  readonly #max: number;
  #used = 0;
  /** Who is leaving, with a place that nobody has claimed. */
  readonly #leaving = new Set<T>();
  /** Who is leaving, with whoever has claimed the place. */
  readonly #heirs = new Map<T, T>();
  readonly #givers = new WeakMap<T, T>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Claims a place: that of `preferred` if it is leaving, else a free one, else that of anyone who is leaving. */
  claim(newcomer: T, preferred: T | undefined): { follows: T | undefined } | undefined {
    if (preferred !== undefined && this.#leaving.has(preferred)) return this.#inherit(newcomer, preferred);
    if (this.#used < this.#max) {
      this.#used += 1;
      return { follows: undefined };
    }
    const [giver] = this.#leaving;
    return giver && this.#inherit(newcomer, giver);
  }

  /** This member is leaving: its place can be claimed. */
  offer(member: T): void {
    this.#leaving.add(member);
  }

  /** This member is gone. */
  release(member: T): void {
    const heir = this.#heirs.get(member);
    if (heir !== undefined) {
      this.#heirs.delete(member);
      this.#givers.delete(heir); // or each would keep the one before it in memory, and that one the one before
      return;
    }
    this.#leaving.delete(member);
    const giver = this.#givers.get(member);
    if (giver !== undefined && this.#heirs.get(giver) === member) {
      // It gave up while it waited: the place is the giver's again.
      this.#heirs.delete(giver);
      this.#leaving.add(giver);
    } else {
      this.#used -= 1;
    }
  }

  #inherit(newcomer: T, giver: T): { follows: T } {
    this.#leaving.delete(giver);
    this.#heirs.set(giver, newcomer);
    this.#givers.set(newcomer, giver);
    return { follows: giver };
  }
}
