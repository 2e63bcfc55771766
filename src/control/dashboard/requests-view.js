import { h, setAttribute, setText } from "./dom.js";
import { formatCount, formatMs, formatTime } from "./format.js";
import { showRequest } from "./request-dialog.js";
import { createRequestFilters } from "./request-filters.js";
import { RequestList } from "./request-list.js";
import { nextIndex } from "./services-table.js";
import { createBar, fillBar, scaleBar, TimingLegend } from "./timing-bars.js";
import { VirtualList } from "./virtual-list.js";

/** @import { RequestRow } from "./types.d.ts" */

const ROW_HEIGHT = 28;
const COLUMNS = ["time", "method", "path", "status", "outcome", "duration", "timings"];
const LABELS = ["Time", "Method", "Path", "Status", "Outcome", "Duration", "Timing"];

/** The requests of one hostname, as they come. */
export class RequestsView {
  #rows;
  #active = 0;
  #count = h("span", { class: "muted", role: "status" });
  #pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#togglePause() }, "Pause");
  #older = h("button", { type: "button", onclick: () => this.#rows.loadOlder() }, "Load older");
  #body = h("div", { class: "grid-body", role: "rowgroup" });
  #empty = h("p", { class: "grid-empty" }, "No request yet that fits.");
  #legend = new TimingLegend();
  #longestMs = 1;
  #grid;
  #list;
  #added = 0;
  #isScheduled = false;

  /** @param {string} hostname */
  constructor(hostname) {
    const header = h("div", { class: "grid-row", role: "row", "aria-rowindex": 1 }, ...COLUMNS.map(createHeader));
    const attributes = {
      class: "grid",
      role: "grid",
      tabindex: 0,
      "aria-label": "Requests",
      "aria-colcount": COLUMNS.length,
    };
    this.#grid = h("div", attributes, h("div", { class: "grid-head", role: "rowgroup" }, header), this.#body);
    this.#list = new VirtualList(this.#grid, this.#body, {
      rowHeight: ROW_HEIGHT,
      keyOf: ({ seq }) => seq,
      see: (seen) => {
        this.#longestMs = this.#legend.show(seen);
      },
      create: createRow,
      fill: (row, request, index) => this.#fill(row, request, index),
    });
    this.#rows = new RequestList(hostname, (added) => this.#schedule(added));
    const filters = createRequestFilters((filter) => {
      this.#rows.filter = filter;
      this.load();
    });
    const toolbar = h("div", { class: "toolbar" }, ...filters, this.#pause, this.#older, this.#count);
    this.element = h("div", { class: "requests" }, toolbar, this.#legend.element, this.#grid, this.#empty);
    this.#grid.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.addEventListener("click", ({ target }) => {
      const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(".grid-row"));
      this.#open(Number(row?.dataset.seq));
    });
    this.#update();
  }

  /** Asks for what the journal has; what comes is added. */
  load() {
    this.#rows.load().catch(() => {}); // the connection's own state is shown at the top
  }

  /**
   * @param {RequestRow[]} requests
   * @param {number} lost
   */
  add(requests, lost) {
    this.#rows.add(requests, lost);
    this.#schedule(0);
  }

  close() {
    this.#rows.close();
    this.#list.close();
  }

  /** @param {number} added */
  #schedule(added) {
    this.#added += added;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#update();
    });
  }

  #update() {
    const { rows, waiting, lost, next } = this.#rows;
    this.#list.items = rows;
    if (!this.#list.isAtTop && this.#added > 0) this.#list.shift(this.#added);
    this.#added = 0;
    this.#empty.hidden = rows.length > 0;
    this.#older.hidden = next === null;
    const parts = [formatCount(rows.length, "request")];
    if (waiting > 0) parts.push(`${waiting.toLocaleString("en")} new`);
    if (lost > 0) parts.push(`${lost.toLocaleString("en")} too fast to show`);
    setText(this.#count, parts.join(" · "));
    setAttribute(this.#grid, "aria-rowcount", String(rows.length + 1));
    setAttribute(this.#grid, "aria-activedescendant", this.#list.rowOf(this.#active)?.id);
  }

  #togglePause() {
    this.#rows.pause(!this.#rows.isPaused);
    setAttribute(this.#pause, "aria-pressed", String(this.#rows.isPaused));
    setText(this.#pause, this.#rows.isPaused ? "Go on" : "Pause");
    this.#update();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { items, page } = this.#list;
    const at = items.findIndex(({ seq }) => seq === this.#active);
    const to = nextIndex(event.key, at, page, items.length);
    const request = to === undefined ? undefined : items[Math.max(0, Math.min(items.length - 1, to))];
    if (request !== undefined) {
      this.#active = request.seq;
      this.#list.reveal(items.indexOf(request), ROW_HEIGHT);
      this.#update();
    } else if (event.key === "Enter") this.#open(this.#active);
    else return;
    event.preventDefault();
  }

  /** @param {number} seq */
  #open(seq) {
    const request = this.#rows.rows.find((request) => request.seq === seq);
    if (request === undefined) return;
    this.#active = seq;
    this.#update();
    showRequest(request);
  }

  /**
   * @param {HTMLElement} row
   * @param {RequestRow} request
   * @param {number} index
   */
  #fill(row, request, index) {
    const isActive = request.seq === this.#active;
    setAttribute(row, "aria-rowindex", String(index + 2));
    setAttribute(row, "aria-selected", String(isActive));
    row.classList.toggle("active", isActive);
    const bar = /** @type {HTMLElement} */ (row.lastElementChild?.firstElementChild);
    scaleBar(bar, request.timings, this.#longestMs);
    if (row.dataset.seq === String(request.seq)) return; // a request that has finished does not change
    row.dataset.seq = String(request.seq);
    row.id = `request-${request.seq}`;
    const [time, method, path, status, outcome, duration] = /** @type {HTMLElement[]} */ ([...row.children]);
    if (!time || !method || !path || !status || !outcome || !duration) return;
    setText(time, formatTime(request.time));
    setText(method, request.method);
    setText(path, request.path);
    setText(status, String(request.status ?? "–"));
    status.className = `col-status number ${toneOf(request)}`;
    setText(outcome, request.outcome ?? "");
    setText(duration, formatMs(request.durationMs));
    fillBar(bar, request.timings);
  }
}

/** @param {RequestRow} request */
function toneOf({ status = 0, outcome }) {
  if (status >= 500 || outcome === "failed" || outcome === "timed-out") return "bad";
  return status >= 400 ? "warn" : "";
}

/**
 * @param {string} id
 * @param {number} i
 */
function createHeader(id, i) {
  return h("div", { class: cellClass(id), role: "columnheader", "aria-colindex": i + 1 }, LABELS[i]);
}

function createRow() {
  const cells = COLUMNS.map((id, i) => h("div", { class: cellClass(id), role: "gridcell", "aria-colindex": i + 1 }));
  cells[COLUMNS.indexOf("path")]?.classList.add("mono");
  cells.at(-1)?.append(createBar());
  return h("div", { class: "grid-row", role: "row" }, ...cells);
}

/** @param {string} id */
function cellClass(id) {
  return `col-${id}${id === "status" || id === "duration" ? " number" : ""}`;
}
