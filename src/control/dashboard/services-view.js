import { Charts } from "./charts.js";
import { h, setText } from "./dom.js";
import { formatCount } from "./format.js";
import { findServices } from "./service-order.js";
import { ServicesTable } from "./services-table.js";

/** @import { Column } from "./service-columns.js" */
/** @import { Store } from "./store.js" */

/** What is kept while the page shows something else. */
const kept = { search: "", column: "state", isDescending: false, active: "" };

/** The first page: all hostnames, and what they come to together. */
export class ServicesView {
  title = "Switchboard";
  #store;
  #search = h("input", {
    type: "search",
    class: "search",
    id: "search",
    value: kept.search,
    placeholder: "Search by name, state or kind",
    "aria-label": "Search hostnames",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
  });
  #count = h("span", { class: "muted", role: "status" });
  #nothing = h("span", {});
  #hint = createHint();
  #empty = h("p", { class: "grid-empty", hidden: true }, this.#nothing, this.#hint);
  #charts = new Charts("api/history");
  #table = new ServicesTable(kept.active, (column) => this.#sort(column));
  #ends;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    const keys = [
      h("kbd", {}, "/"),
      " search ",
      h("kbd", {}, "↑"),
      h("kbd", {}, "↓"),
      " choose ",
      h("kbd", {}, "Enter"),
      " open",
    ];
    const toolbar = h(
      "div",
      { class: "toolbar" },
      this.#search,
      this.#count,
      h("span", { class: "muted end keys" }, ...keys),
    );
    this.element = h(
      "div",
      { class: "services" },
      h("h1", { class: "unseen" }, "Hostnames"),
      this.#charts.element,
      toolbar,
      this.#table.element,
      this.#empty,
    );
    this.#search.addEventListener("input", () => {
      kept.search = this.#search.value;
      this.#update();
    });
    this.#search.addEventListener("keydown", (event) => this.#onSearchKey(event));
    this.#table.markSorted(kept.column, kept.isDescending);
    const ticks = setInterval(() => this.#table.tick(), 1_000);
    this.#ends = [store.on(["services", "connection"], () => this.#update()), () => clearInterval(ticks)];
    this.#update();
  }

  close() {
    kept.active = this.#table.active;
    for (const end of this.#ends) end();
    this.#table.close();
    this.#charts.close();
  }

  /** Where the keyboard goes when the page has come back from a hostname. */
  focus() {
    this.#table.element.focus({ preventScroll: true });
  }

  #update() {
    const { services, connection } = this.#store;
    const found = findServices(services.values(), kept);
    this.#table.services = found;
    const all = formatCount(services.size, "hostname");
    setText(this.#count, found.length === services.size ? all : `${found.length.toLocaleString("en")} of ${all}`);
    this.#table.element.hidden = found.length === 0;
    this.#empty.hidden = found.length > 0;
    this.#hint.hidden = services.size > 0 || connection.state !== "live";
    const none = connection.state === "live" ? "No hostname has been asked for yet." : "Waiting for the switchboard.";
    setText(this.#nothing, services.size === 0 ? none : `Nothing fits “${kept.search}”. Esc clears the search.`);
  }

  /** @param {Column} column */
  #sort({ id, isNumber = false }) {
    kept.isDescending = id === kept.column ? !kept.isDescending : isNumber;
    kept.column = id;
    this.#table.markSorted(kept.column, kept.isDescending);
    this.#update();
  }

  /** @param {KeyboardEvent} event */
  #onSearchKey(event) {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      this.#table.activate(0);
      this.#table.element.focus();
    } else if (event.key === "Escape" && kept.search !== "") {
      this.#search.value = kept.search = "";
      this.#update();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** How to begin. */
function createHint() {
  const url = `${location.protocol}//hello.localhost${location.port === "" ? "" : `:${location.port}`}/`;
  const link = h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
  return h("span", {}, " Ask for any name, such as ", link, ", and it starts.");
}
