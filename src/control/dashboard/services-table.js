import { h, setAttribute } from "./dom.js";
import { serviceHash } from "./router.js";
import { COLUMNS } from "./service-columns.js";
import { VirtualList } from "./virtual-list.js";

/** @import { Column } from "./service-columns.js" */
/** @import { Service } from "./types.d.ts" */

/** On a narrow screen the reason of a failure has a line of its own, as the style has it. */
const isNarrow = matchMedia("(max-width: 720px)");

/** Numbers of rows that have existed: every element needs an id of its own. */
let rows = 0;

/**
 * The table of hostnames, moved through with the keyboard. The focus is on the table, and `aria-activedescendant` names
 * its row, because rows come and go while one scrolls.
 */
export class ServicesTable {
  /** What is chosen, by name: the row moves when the order changes. */
  active;
  #head = h("div", { class: "grid-row", role: "row", "aria-rowindex": 1 }, ...COLUMNS.map(createHeader));
  #body = h("div", { class: "grid-body", role: "rowgroup" });
  #list;

  /**
   * @param {string} active
   * @param {(column: Column) => void} onSort
   */
  constructor(active, onSort) {
    this.active = active;
    const label = { "aria-label": "Hostnames", "aria-colcount": COLUMNS.length };
    const head = h("div", { class: "grid-head", role: "rowgroup" }, this.#head);
    this.element = h("div", { class: "grid", role: "grid", tabindex: 0, ...label }, head, this.#body);
    this.#list = new VirtualList(this.element, this.#body, {
      get rowHeight() {
        return isNarrow.matches ? 48 : 34;
      },
      keyOf: ({ hostname }) => hostname,
      create: createRow,
      fill: (row, service, index) => this.#fill(row, service, index),
    });
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("focus", () => this.#list.rowOf(this.active) ?? this.activate(0));
    this.#head.addEventListener("click", ({ target }) => {
      const id = /** @type {Element} */ (target).closest("button")?.dataset.column;
      const column = COLUMNS.find((column) => column.id === id);
      if (column !== undefined) onSort(column);
    });
    this.#body.addEventListener("click", ({ target }) => {
      const element = /** @type {Element} */ (target);
      const row = /** @type {HTMLElement | null} */ (element.closest(".grid-row"));
      if (row?.dataset.hostname !== undefined && element.closest("a") === null) this.#open(row.dataset.hostname);
    });
  }

  /** @param {Service[]} services */
  set services(services) {
    this.#list.items = services;
    setAttribute(this.element, "aria-rowcount", String(services.length + 1));
    this.#mark();
  }

  /**
   * @param {string} column
   * @param {boolean} isDescending
   */
  markSorted(column, isDescending) {
    for (const [i, { id }] of COLUMNS.entries()) {
      const order = isDescending ? "descending" : "ascending";
      setAttribute(/** @type {Element} */ (this.#head.children[i]), "aria-sort", id === column ? order : undefined);
    }
    this.element.scrollTop = 0;
  }

  /** Writes what changes with time alone. */
  tick() {
    this.#list.render();
  }

  /** @param {number} index of the row to choose; one that is out of range is the first or the last */
  activate(index) {
    const { items } = this.#list;
    const at = Math.max(0, Math.min(items.length - 1, index));
    const service = items[at];
    if (service === undefined) return;
    this.active = service.hostname;
    this.#list.reveal(at, this.#head.offsetHeight);
    this.#mark();
  }

  close() {
    this.#list.close();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const { items, page } = this.#list;
    const at = items.findIndex(({ hostname }) => hostname === this.active);
    const to = nextIndex(event.key, at, page, items.length);
    if (to !== undefined) this.activate(to);
    else if (event.key === "Enter" && at !== -1) this.#open(this.active);
    else return;
    event.preventDefault();
  }

  /** @param {string} hostname */
  #open(hostname) {
    this.active = hostname;
    location.hash = serviceHash(hostname);
  }

  #mark() {
    setAttribute(this.element, "aria-activedescendant", this.#list.rowOf(this.active)?.id);
  }

  /**
   * @param {HTMLElement} row
   * @param {Service} service
   * @param {number} index
   */
  #fill(row, service, index) {
    const isActive = service.hostname === this.active;
    row.dataset.hostname = service.hostname;
    row.classList.toggle("active", isActive);
    setAttribute(row, "aria-rowindex", String(index + 2));
    setAttribute(row, "aria-selected", String(isActive));
    for (let i = 0; i < COLUMNS.length; i += 1) {
      /** @type {Column} */ (COLUMNS[i]).fill(/** @type {HTMLElement} */ (row.children[i]), service);
    }
  }
}

/**
 * Where a key leads.
 *
 * @param {string} key
 * @param {number} at
 * @param {number} page how many rows fit
 * @param {number} count
 * @returns {number | undefined} `undefined` for any other key
 */
export function nextIndex(key, at, page, count) {
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return at + page;
    case "PageUp":
      return at - page;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/**
 * @param {Column} column
 * @param {number} i
 */
function createHeader({ id, label, isNumber }, i) {
  const button = h("button", { type: "button", "data-column": id }, label);
  return h("div", { class: cellClass(id, isNumber), role: "columnheader", "aria-colindex": i + 1 }, button);
}

function createRow() {
  rows += 1;
  const cells = COLUMNS.map(({ id, isNumber }, i) =>
    h("div", { class: cellClass(id, isNumber), role: "gridcell", "aria-colindex": i + 1 }),
  );
  return h("div", { class: "grid-row", role: "row", id: `row-${rows}` }, ...cells);
}

/**
 * @param {string} id
 * @param {boolean} [isNumber]
 */
function cellClass(id, isNumber = false) {
  return `col-${id}${isNumber ? " number" : ""}`;
}
