/** Where an item stands in a {@link PriorityQueue}: what `delete` needs to find it at once. */
export interface Place<T> {
  readonly item: T;
  readonly line: Line<T>;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
}

/** Those of one priority, in the order in which they came. */
interface Line<T> {
  readonly priority: number;
  first: Place<T> | undefined;
  last: Place<T> | undefined;
}

/** Items by priority, higher ones first; in the order of their arrival among the same priority. */
export class PriorityQueue<T> {
  /** Lines that are not empty, the lowest priority first: the next item is at the cheap end of the array. */
  readonly #lines: Line<T>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The lowest priority that is in the queue. */
  get lowest(): number | undefined {
    return this.#lines[0]?.priority;
  }

  push(item: T, priority: number): Place<T> {
    const line = this.#lineOf(priority);
    const place: Place<T> = { item, line, before: line.last, behind: undefined };
    if (line.last === undefined) line.first = place;
    else line.last.behind = place;
    line.last = place;
    this.#size += 1;
    return place;
  }

  /** Takes the first item of the highest priority. */
  take(): T | undefined {
    return this.#pull(this.#lines.at(-1)?.first);
  }

  /** Takes the last item of the lowest priority. */
  takeLowest(): T | undefined {
    return this.#pull(this.#lines[0]?.last);
  }

  /** Takes an item out, once, that is still in the queue. */
  delete(place: Place<T>): void {
    const { line, before, behind } = place;
    if (before === undefined) line.first = behind;
    else before.behind = behind;
    if (behind === undefined) line.last = before;
    else behind.before = before;
    this.#size -= 1;
    if (line.first === undefined) this.#lines.splice(this.#search(line.priority), 1);
  }

  #pull(place: Place<T> | undefined): T | undefined {
    if (place !== undefined) this.delete(place);
    return place?.item;
  }

  #lineOf(priority: number): Line<T> {
    const at = this.#search(priority);
    const found = this.#lines[at];
    if (found?.priority === priority) return found;
    const line: Line<T> = { priority, first: undefined, last: undefined };
    this.#lines.splice(at, 0, line);
    return line;
  }

  /** Where a line of this priority is, or would be. */
  #search(priority: number): number {
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lines[middle] as Line<T>).priority < priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
