import { attempt } from "./actions.js";
import { ask } from "./api.js";
import { showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { FAULT_KINDS } from "./fault-kinds.js";
import { formatAge } from "./format.js";

/** @import { Store } from "./store.js" */
/** @import { Service } from "./types.d.ts" */

const DURATIONS = [10_000, 60_000, 300_000, 3_600_000];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Asks what is to go wrong with a hostname, and for how long.
 *
 * @param {Service} service
 * @param {Store} store
 */
export function showFaultDialog({ hostname }, store) {
  showDialog(`Set a fault for ${hostname}`, (close) => {
    const kind = select(
      "kind",
      Object.entries(FAULT_KINDS).map(([value, { label }]) => [value, label]),
    );
    const numbers = h("div", { class: "fields" });
    const showNumbers = () =>
      numbers.replaceChildren(
        ...(FAULT_KINDS[kind.value]?.numbers ?? []).map(({ label, ...attributes }) =>
          field(label, h("input", { type: "number", required: true, ...attributes })),
        ),
      );
    kind.addEventListener("change", showNumbers);
    showNumbers();
    const form = h(
      "form",
      { class: "inner" },
      h("div", { class: "fields" }, field("What goes wrong", kind, "wide")),
      numbers,
      h("div", { class: "fields" }, ...commonFields()),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: close }, "Cancel"),
        h("button", { type: "submit", class: "main" }, "Set fault"),
      ),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = { hostname, ...readFault(new FormData(form)) };
      const run = async () => {
        await ask("api/faults", { method: "POST", body });
        return { text: `A fault is set for ${hostname}: ${kind.value}.` };
      };
      if (await attempt(run, store)) close();
    });
    return [form];
  });
}

function commonFields() {
  return [
    field(
      "For",
      select(
        "durationMs",
        [
          ...DURATIONS.map((ms) => [String(ms), formatAge(ms).replace(/ 0 (s|min)$/, "")]),
          ["", "as long as it is set"],
        ],
        "60000",
      ),
    ),
    field(
      "Of the requests (%)",
      h("input", { type: "number", name: "percentage", min: 0, max: 100, step: "any", value: 100, required: true }),
    ),
    field("Only the first", h("input", { type: "number", name: "first", min: 0, placeholder: "all" })),
    field("Method", select("method", [["", "any"], ...METHODS.map((method) => [method, method])])),
    field("Path (* is anything)", h("input", { name: "path", placeholder: "/api/*", autocomplete: "off" }), "double"),
  ];
}

/**
 * What was typed; fields that are empty are left to their defaults.
 *
 * @param {FormData} data
 * @returns {Record<string, string | number>}
 */
function readFault(data) {
  const TEXTS = new Set(["kind", "method", "path"]);
  /** @type {Record<string, string | number>} */
  const fault = {};
  for (const [name, value] of data) {
    if (value !== "" && typeof value === "string") fault[name] = TEXTS.has(name) ? value : Number(value);
  }
  return fault;
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [more]
 */
function field(label, input, more = "") {
  return h("label", { class: `field ${more}` }, label, input);
}

/**
 * @param {string} name
 * @param {string[][]} options values and labels
 * @param {string} [chosen]
 */
function select(name, options, chosen) {
  return h(
    "select",
    { name },
    ...options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)),
  );
}
