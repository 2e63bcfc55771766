import { h, setAttribute } from "./dom.js";

/**
 * One of several panels.
 *
 * @typedef {{ id: string, label: string, element: HTMLElement, onShow?: () => void }} Panel
 */

/** Panels behind tabs. The arrow keys go from one to the next. */
export class Tabs {
  #panels;
  #tabs;

  /**
   * @param {string} label
   * @param {Panel[]} panels
   * @param {(id: string) => void} onChoose
   */
  constructor(label, panels, onChoose) {
    this.#panels = panels;
    this.#tabs = panels.map(({ id, label }) =>
      h(
        "button",
        { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => onChoose(id) },
        label,
      ),
    );
    const list = h("div", { class: "tabs", role: "tablist", "aria-label": label }, ...this.#tabs);
    list.addEventListener("keydown", (event) => this.#onKey(event, onChoose));
    const places = panels.map(({ id, element }) =>
      h("div", { class: "panel", role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}` }, element),
    );
    this.element = h("div", { class: "tabbed" }, list, ...places);
  }

  /** @param {string} chosen an id; that of the first panel counts for one that there is not */
  show(chosen) {
    const at = Math.max(
      0,
      this.#panels.findIndex(({ id }) => id === chosen),
    );
    for (const [i, tab] of this.#tabs.entries()) {
      setAttribute(tab, "aria-selected", String(i === at));
      tab.tabIndex = i === at ? 0 : -1;
      /** @type {HTMLElement} */ (this.element.children[i + 1]).hidden = i !== at;
    }
    this.#panels[at]?.onShow?.();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(id: string) => void} onChoose
   */
  #onKey(event, onChoose) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = this.#tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = (at + step + this.#tabs.length) % this.#tabs.length;
    this.#tabs[to]?.focus();
    onChoose(/** @type {Panel} */ (this.#panels[to]).id);
    event.preventDefault();
  }
}
