import { ask } from "./api.js";
import { h } from "./dom.js";
import { formatDateTime, formatTime, stripAnsi } from "./format.js";
import { serviceHash } from "./router.js";

/** @import { Store } from "./store.js" */
/** @import { EventRow } from "./types.d.ts" */

/** How many are shown. */
const ROWS = 200;
/** Types that tell of trouble. */
const BAD = new Set([
  "error",
  "failed",
  "backing-off",
  "replica-failed",
  "forward-error",
  "front-error",
  "slow-start",
  "timed-out",
  "circuit-opened",
  "cut",
  "blocked",
]);

/** What has happened, the newest first: of one hostname, or of all. */
export class EventList {
  #store;
  #hostname;
  #rows = h("ol", { class: "events", tabindex: 0, "aria-label": "Events" });
  #empty = h("p", { class: "grid-empty" }, "Nothing has happened yet.");
  #last = 0;
  #abort = new AbortController();
  #stop;

  /**
   * @param {Store} store
   * @param {string} [hostname]
   */
  constructor(store, hostname) {
    this.#store = store;
    this.#hostname = hostname;
    this.#rows.classList.toggle("of-all", hostname === undefined);
    this.element = h("div", { class: "events-view" }, this.#rows, this.#empty);
    this.#stop = store.on(["events"], () => this.#add(store.events));
  }

  /** Asks for what has happened before. */
  load() {
    this.#abort.abort();
    this.#abort = new AbortController();
    const query = new URLSearchParams({
      limit: String(ROWS),
      ...(this.#hostname === undefined ? {} : { hostname: this.#hostname }),
    });
    /** @type {Promise<{ events: EventRow[] }>} */ (ask(`api/events?${query}`, { signal: this.#abort.signal }))
      .then(({ events }) => {
        this.#rows.replaceChildren();
        this.#last = 0;
        this.#add(events.reverse());
        this.#add(this.#store.events);
      })
      .catch(() => {}); // the connection's own state is shown at the top
  }

  close() {
    this.#abort.abort();
    this.#stop();
  }

  /** @param {readonly EventRow[]} events the newest last */
  #add(events) {
    const added = events.filter(({ seq, hostname }) => seq > this.#last && (this.#hostname ?? hostname) === hostname);
    if (added.length === 0) return;
    this.#last = added.at(-1)?.seq ?? this.#last;
    this.#rows.prepend(
      ...added
        .slice(-ROWS)
        .reverse()
        .map((event) => this.#createRow(event)),
    );
    while (this.#rows.childElementCount > ROWS) this.#rows.lastElementChild?.remove();
    this.#empty.hidden = true;
  }

  /** @param {EventRow} event */
  #createRow({ time, type, text, hostname }) {
    const isOfAll = this.#hostname === undefined;
    return h(
      "li",
      {},
      h("time", { datetime: time, title: formatDateTime(time) }, formatTime(time)),
      h("span", { class: BAD.has(type) ? "type bad" : "type" }, type),
      isOfAll && (hostname === null ? h("span") : h("a", { href: serviceHash(hostname) }, hostname)),
      h("span", { class: "text" }, stripAnsi(text)),
    );
  }
}
