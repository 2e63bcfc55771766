import { h } from "./dom.js";
import { ANY } from "./request-filter.js";

/** @import { RequestFilter } from "./request-filter.js" */

const STATUSES = ["2xx", "3xx", "4xx", "5xx"];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const OUTCOMES = ["served", "refused", "failed", "timed-out", "client-gone", "cut"];
/** How long nobody types before the API is asked. */
const TYPING_MS = 250;

/**
 * The fields of a filter.
 *
 * @param {(filter: RequestFilter) => void} onChange
 * @returns {HTMLElement[]}
 */
export function createRequestFilters(onChange) {
  let filter = ANY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const change = (/** @type {Partial<RequestFilter>} */ part) => {
    filter = { ...filter, ...part };
    clearTimeout(timer);
    timer = setTimeout(onChange, TYPING_MS, filter);
  };
  const path = h("input", {
    type: "search",
    class: "search",
    placeholder: "Path contains",
    "aria-label": "Path contains",
    maxlength: 512,
  });
  path.addEventListener("input", () => change({ path: path.value }));
  const minMs = h("input", { type: "number", class: "short", min: 0, placeholder: "0", inputmode: "decimal" });
  minMs.addEventListener("input", () => change({ minMs: minMs.validity.valid ? minMs.value : "" }));
  return [
    choice("Status", STATUSES, (status) => change({ status })),
    choice("Method", METHODS, (method) => change({ method })),
    choice("Outcome", OUTCOMES, (outcome) => change({ outcome })),
    h("label", {}, "At least", minMs, "ms"),
    path,
  ];
}

/**
 * @param {string} label
 * @param {string[]} values
 * @param {(value: string) => void} onChange
 */
function choice(label, values, onChange) {
  const options = values.map((value) => h("option", { value }, value));
  const select = h("select", { onchange: () => onChange(select.value) }, h("option", { value: "" }, "any"), ...options);
  return h("label", {}, label, select);
}
