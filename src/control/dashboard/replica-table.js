import { h, setText } from "./dom.js";
import { createState, showState, toShown } from "./status.js";

/** @import { Service } from "./types.d.ts" */

/** The replicas of a hostname. */
export class ReplicaTable {
  #rows = h("tbody", {});
  #empty = h("p", { class: "grid-empty" }, "An inline app, and one that does not run, has no replicas.");
  #table;

  constructor() {
    const head = h(
      "tr",
      {},
      ...["Replica", "Status", "In flight", "Port"].map((name) => h("th", { scope: "col" }, name)),
    );
    this.#table = h(
      "table",
      { class: "plain" },
      h("caption", { class: "unseen" }, "Replicas"),
      h("thead", {}, head),
      this.#rows,
    );
    this.element = h("div", {}, this.#table, this.#empty);
  }

  /** @param {Service} service */
  show(service) {
    const { replicas } = service;
    while (this.#rows.childElementCount > replicas.length) this.#rows.lastElementChild?.remove();
    while (this.#rows.childElementCount < replicas.length) this.#rows.append(createRow());
    for (const [i, replica] of replicas.entries()) {
      const [id, state, inFlight, port] = /** @type {HTMLElement[]} */ ([...(this.#rows.children[i]?.children ?? [])]);
      if (!id || !state || !inFlight || !port) continue;
      setText(id, String(replica.id));
      showState(/** @type {HTMLElement} */ (state.firstChild), toShown(replica));
      setText(inFlight, String(replica.inFlight));
      setText(port, String(replica.port ?? "–"));
    }
    this.#table.hidden = replicas.length === 0;
    this.#empty.hidden = replicas.length > 0;
  }
}

function createRow() {
  return h("tr", {}, h("th", { scope: "row" }), h("td", {}, createState()), h("td"), h("td"));
}
