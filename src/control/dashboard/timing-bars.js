import { h, setText } from "./dom.js";
import { formatMs } from "./format.js";

/** @import { RequestRow, Timings } from "./types.d.ts" */

/** The parts of a request's time, in their order. */
const PARTS = /** @type {const} */ ([
  ["queuedMs", "Queued"],
  ["startingMs", "Starting"],
  ["faultMs", "Fault"],
  ["connectingMs", "Connecting"],
  ["firstByteMs", "First byte"],
  ["bodyMs", "Body"],
]);
/** What most requests have not: without it nothing is said of it. */
const RARE = "faultMs";

/** @returns {HTMLElement} for {@link fillBar} and {@link scaleBar} */
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
    piece.style.width = `${(100 * partOf(timings, part)) / whole}%`;
  }
}

/**
 * As long as the time was, beside the bars of other requests.
 *
 * @param {HTMLElement} bar
 * @param {Timings} timings
 * @param {number} longestMs that of the bar that is as long as there is room for
 */
export function scaleBar(bar, timings, longestMs) {
  bar.style.width = `${(100 * wholeOf(timings)) / longestMs}%`;
}

/** What the colours of a list of bars say, and how long they are. */
export class TimingLegend {
  #scale = h("span", {});
  #rare = createKey(RARE);
  element = h("p", { class: "timing-legend muted" });

  constructor() {
    const keys = PARTS.map(([part]) => (part === RARE ? this.#rare : createKey(part)));
    this.element.append("Timing: ", ...keys, this.#scale);
  }

  /**
   * @param {readonly RequestRow[]} requests those that are seen
   * @returns {number} the longest time of them, in ms
   */
  show(requests) {
    const longestMs = Math.max(0, ...requests.map(({ timings }) => wholeOf(timings))) || 1;
    this.#rare.hidden = !requests.some(({ timings }) => partOf(timings, RARE) > 0);
    setText(this.#scale, `the longest bar is ${formatMs(longestMs)}`);
    this.element.hidden = requests.length === 0;
    return longestMs;
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
  const rows = PARTS.filter(([part]) => part !== RARE || partOf(timings, part) > 0).map(([part, label]) => {
    const ms = partOf(timings, part);
    const bar = h("span", { class: "timing-bar", "data-part": part });
    bar.hidden = ms === 0;
    bar.style.marginLeft = `${(100 * from) / whole}%`;
    bar.style.width = `${(100 * ms) / whole}%`;
    from += ms;
    const track = h("td", { class: "timing-track", "aria-hidden": "true" }, bar);
    return h("tr", {}, h("th", { scope: "row" }, label), track, h("td", { class: "number" }, formatMs(ms)));
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

/** @param {keyof Timings} wanted */
function createKey(wanted) {
  const [part, label] = PARTS.find(([part]) => part === wanted) ?? PARTS[0];
  return h("span", {}, h("i", { class: "key", "data-part": part }), label.toLowerCase());
}

/**
 * @param {Timings} timings
 * @param {keyof Timings} part
 */
function partOf(timings, part) {
  return timings[part] ?? 0;
}

/** @param {Timings} timings */
function wholeOf(timings) {
  return PARTS.reduce((sum, [part]) => sum + partOf(timings, part), 0) || 1;
}
