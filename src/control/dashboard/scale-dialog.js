import { act, attempt } from "./actions.js";
import { showDialog } from "./dialog.js";
import { h } from "./dom.js";

/** @import { Store } from "./store.js" */
/** @import { Service } from "./types.d.ts" */

/**
 * Asks for how many replicas there are to be.
 *
 * @param {Service} service
 * @param {Store} store
 */
export function showScaleDialog({ hostname, replicas }, store) {
  showDialog(`Scale ${hostname}`, (close) => {
    const input = h("input", {
      type: "number",
      min: 1,
      max: 64,
      step: 1,
      required: true,
      value: Math.max(1, replicas.length),
    });
    const form = h(
      "form",
      { class: "inner" },
      h("label", { class: "field" }, "Replicas", input),
      h("p", { class: "muted" }, "Those that are too many drain before they stop."),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: close }, "Cancel"),
        h("button", { type: "submit", class: "main" }, "Scale"),
      ),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const wanted = input.valueAsNumber;
      const done = `${hostname} has ${wanted === 1 ? "one replica" : `${wanted} replicas`}.`;
      if (await attempt(() => act(hostname, "scale", done, { replicas: wanted }), store)) close();
    });
    return [form];
  });
}
