import { attempt } from "./actions.js";
import { ask } from "./api.js";
import { h } from "./dom.js";
import { describeFault } from "./fault-kinds.js";
import { formatAge } from "./format.js";

/** @import { Store } from "./store.js" */
/** @import { FaultRow } from "./types.d.ts" */

const EVERY_MS = 2_000;

/** The faults that strike a hostname, and how to remove them. */
export class FaultList {
  #store;
  #hostname;
  #abort = new AbortController();
  #timer;
  element = h("div", { class: "faults" });

  /**
   * @param {Store} store
   * @param {string} hostname
   */
  constructor(store, hostname) {
    this.#store = store;
    this.#hostname = hostname;
    this.#timer = setInterval(() => this.load(), EVERY_MS);
  }

  load() {
    if (this.element.offsetParent === null) return; // another tab is shown
    /** @type {Promise<{ faults: FaultRow[] }>} */ (ask("api/faults", { signal: this.#abort.signal }))
      .then(({ faults }) =>
        this.#show(faults.filter(({ hostname }) => hostname === this.#hostname || hostname === "*")),
      )
      .catch(() => {}); // the connection's own state is shown at the top
  }

  close() {
    clearInterval(this.#timer);
    this.#abort.abort();
  }

  /** @param {FaultRow[]} faults */
  #show(faults) {
    if (this.element.contains(document.activeElement) && this.element.childElementCount === faults.length) return;
    const rows = faults.map((fault) => {
      const remove = h("button", { type: "button", disabled: this.#store.session?.canWrite !== true }, "Remove");
      remove.addEventListener("click", () => this.#remove(fault));
      const left = fault.remainingMs === null ? "until it is removed" : `for ${formatAge(fault.remainingMs)} more`;
      const scope = fault.hostname === "*" ? "every hostname" : "";
      return h(
        "li",
        {},
        h("span", {}, describeFault(fault)),
        h("span", { class: "muted" }, [left, scope].filter(Boolean).join(", ")),
        remove,
      );
    });
    this.element.replaceChildren(
      rows.length === 0 ? h("p", { class: "grid-empty" }, "No fault is set. “Fault…” sets one.") : h("ul", {}, ...rows),
    );
  }

  /** @param {FaultRow} fault */
  async #remove(fault) {
    const run = async () => {
      await ask(`api/faults/${encodeURIComponent(fault.id)}`, { method: "DELETE" });
      return { text: `The fault is removed: ${fault.kind}.` };
    };
    await attempt(run, this.#store);
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    this.load();
  }
}
