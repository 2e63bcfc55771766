import { h } from "./dom.js";
import { formatMs } from "./format.js";

/** @import { RequestRow, Timings } from "./types.d.ts" */

/** The parts of a request's time, in their order. */
const PARTS = /** @type {const} */ ([
  ["queuedMs", "Queued"],
  ["startingMs", "Starting"],
  ["connectingMs", "Connecting"],
  ["firstByteMs", "First byte"],
  ["bodyMs", "Body"],
]);

/** @returns {HTMLElement} for {@link fillBar} */
export function createBar() {
  return h("div", { class: "bars", "aria-hidden": "true" }, ...PARTS.map(([part]) => h("span", { "data-part": part })));
}

/**
 * Where the time went, as shares of one bar.
 *
 * @param {HTMLElement} bar
 * @param {Timings} timings
 */
export function fillBar(bar, timings) {
  const whole = wholeOf(timings);
  for (const [i, [part]] of PARTS.entries()) {
    const piece = /** @type {HTMLElement} */ (bar.children[i]);
    piece.style.width = `${(100 * timings[part]) / whole}%`;
  }
}

/**
 * Where the time went, a line for each part: each bar begins where the one before ends.
 *
 * @param {RequestRow} request
 * @returns {HTMLElement}
 */
export function createTimings({ timings, durationMs }) {
  const whole = wholeOf(timings);
  let from = 0;
  const rows = PARTS.map(([part, label]) => {
    const bar = h("span", { class: "timing-bar", "data-part": part });
    bar.hidden = timings[part] === 0;
    bar.style.marginLeft = `${(100 * from) / whole}%`;
    bar.style.width = `${(100 * timings[part]) / whole}%`;
    from += timings[part];
    const track = h("td", { class: "timing-track", "aria-hidden": "true" }, bar);
    return h("tr", {}, h("th", { scope: "row" }, label), track, h("td", { class: "number" }, formatMs(timings[part])));
  });
  const total = h(
    "tr",
    {},
    h("th", { scope: "row" }, "Together"),
    h("td"),
    h("td", { class: "number" }, h("b", {}, formatMs(durationMs))),
  );
  return h("table", { class: "timings" }, h("caption", {}, "Where the time went"), h("tbody", {}, ...rows, total));
}

/** @param {Timings} timings */
function wholeOf(timings) {
  return PARTS.reduce((sum, [part]) => sum + timings[part], 0) || 1;
}
