/** How many rows are kept ready above and below what is seen. */
const SPARE_ROWS = 6;

/**
 * What a list shows.
 *
 * @template T
 * @typedef {object} Source
 * @property {number} rowHeight in CSS pixels: every row has the same
 * @property {(item: T) => string | number} keyOf
 * @property {(items: readonly T[]) => void} [see] told of what is about to be seen, before it is written into rows
 * @property {() => HTMLElement} create an empty row
 * @property {(row: HTMLElement, item: T, index: number) => void} fill writes an item into a row, which may have shown another one
 */

/**
 * Shows a window of a long list. A row stays with its item as long as it is seen, and is used again for another one
 * afterwards: a change of the order only moves rows.
 *
 * @template T
 */
export class VirtualList {
  #scroller;
  #body;
  #source;
  /** @type {readonly T[]} */
  #items = [];
  /** @type {Map<string | number, HTMLElement>} */
  #rows = new Map();
  /** @type {HTMLElement[]} */
  #free = [];
  #height = 0;
  #scrollTop = 0;
  #isScheduled = false;
  #onResize;

  /**
   * @param {HTMLElement} scroller what scrolls
   * @param {HTMLElement} body what is as high as all rows, in the scroller
   * @param {Source<T>} source
   */
  constructor(scroller, body, source) {
    this.#scroller = scroller;
    this.#body = body;
    this.#source = source;
    scroller.addEventListener("scroll", () => this.#schedule(), { passive: true });
    this.#onResize = new ResizeObserver(([entry]) => {
      this.#height = entry?.contentRect.height ?? 0;
      this.render();
    });
    this.#onResize.observe(scroller);
  }

  /** @param {readonly T[]} items */
  set items(items) {
    this.#items = items;
    this.render();
  }

  /** @returns {readonly T[]} */
  get items() {
    return this.#items;
  }

  /**
   * The row of an item, while it is there.
   *
   * @param {string | number} key
   * @returns {HTMLElement | undefined}
   */
  rowOf(key) {
    return this.#rows.get(key);
  }

  /** How many rows fit. */
  get page() {
    return Math.max(1, Math.floor(this.#height / this.#source.rowHeight) - 1);
  }

  /** Whether the top is seen. */
  get isAtTop() {
    return this.#scrollTop < this.#source.rowHeight;
  }

  /**
   * Scrolls as little as possible for the row at `index` to be seen.
   *
   * @param {number} index
   * @param {number} above how much of the top is covered, by a header that sticks
   */
  reveal(index, above = 0) {
    const { rowHeight } = this.#source;
    const top = index * rowHeight;
    const lowest = top + rowHeight + above - this.#height;
    if (top < this.#scrollTop) this.#scroller.scrollTop = top;
    else if (lowest > this.#scrollTop) this.#scroller.scrollTop = lowest;
    this.#scrollTop = this.#scroller.scrollTop;
    this.render();
  }

  /**
   * Keeps what is seen in its place when rows are added above.
   *
   * @param {number} count
   */
  shift(count) {
    this.#scroller.scrollTop = this.#scrollTop += count * this.#source.rowHeight;
  }

  render() {
    const { rowHeight, keyOf, see, create, fill } = this.#source;
    const items = this.#items;
    this.#body.style.height = `${items.length * rowHeight}px`;
    const top = Math.min(items.length, Math.floor(this.#scrollTop / rowHeight));
    const bottom = Math.ceil((this.#scrollTop + this.#height) / rowHeight);
    const first = Math.max(0, top - SPARE_ROWS);
    const last = Math.min(items.length, bottom + SPARE_ROWS);
    see?.(items.slice(top, bottom));
    /** @type {Map<string | number, HTMLElement>} */
    const rows = new Map();
    const left = this.#rows;
    for (let i = first; i < last; i += 1) {
      const key = keyOf(/** @type {T} */ (items[i]));
      const row = left.get(key);
      if (row === undefined) continue;
      rows.set(key, row);
      left.delete(key);
    }
    for (const row of left.values()) {
      this.#free.push(row);
      this.#body.append(row);
    }
    // They are read in the order in which they stand, wherever they are shown.
    let next = this.#body.firstElementChild;
    for (let i = first; i < last; i += 1) {
      const item = /** @type {T} */ (items[i]);
      let row = rows.get(keyOf(item));
      if (row === undefined) {
        row = this.#free.pop() ?? create();
        rows.set(keyOf(item), row);
        row.hidden = false;
      }
      row.style.transform = `translateY(${i * rowHeight}px)`;
      if (row !== next) this.#body.insertBefore(row, next);
      next = row.nextElementSibling;
      fill(row, item, i);
    }
    for (const row of this.#free) row.hidden = true;
    this.#rows = rows;
  }

  close() {
    this.#onResize.disconnect();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#scrollTop = this.#scroller.scrollTop;
      this.render();
    });
  }
}
