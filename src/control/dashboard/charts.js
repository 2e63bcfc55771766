import { ask } from "./api.js";
import { Chart } from "./chart.js";
import { h, setAttribute } from "./dom.js";
import { formatMs, formatRate, formatTick } from "./format.js";
import { groupPoints } from "./group-points.js";
import { onThemeChange } from "./theme.js";

/** @import { ChartConfig } from "./chart.js" */
/** @import { Series } from "./types.d.ts" */

/** How often a series is asked for again. */
const EVERY_MS = { "10m": 2_000, "24h": 30_000 };

/** @type {ChartConfig} */
const REQUESTS = {
  title: "Requests per second",
  format: formatRate,
  tick: formatTick,
  lines: [
    { label: "all", color: "first", value: ({ requests }) => requests },
    { label: "errors", color: "third", value: ({ errors }) => errors },
  ],
};
/** @type {ChartConfig} */
const LATENCY = {
  title: "Duration",
  format: formatMs,
  tick: formatMs,
  lines: [
    { label: "p50", color: "first", value: ({ p50Ms }) => p50Ms },
    { label: "p95", color: "second", value: ({ p95Ms }) => p95Ms },
    { label: "p99", color: "third", value: ({ p99Ms }) => p99Ms },
  ],
};
/** @type {ChartConfig} */
const IN_FLIGHT = {
  title: "In flight",
  format: formatTick,
  tick: formatTick,
  lines: [{ label: "requests", color: "first", value: ({ inFlight }) => inFlight }],
};

const RANGES = /** @type {const} */ ([
  ["10m", "10 min"],
  ["24h", "24 h"],
]);

/** How requests went, of one hostname or of all: drawn again and again. */
export class Charts {
  #path;
  #charts = [REQUESTS, LATENCY, IN_FLIGHT].map((config) => new Chart(config));
  /** @type {"10m" | "24h"} */
  #range = "10m";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #abort = new AbortController();
  #stop;
  element;

  /** @param {string} path of the series in the API */
  constructor(path) {
    this.#path = path;
    const buttons = RANGES.map(([range, label]) => h("button", { type: "button", "data-range": range }, label));
    const ranges = h("div", { class: "ranges", role: "group", "aria-label": "Time shown" }, ...buttons);
    const grid = h("div", { class: "charts-grid" }, ...this.#charts.map(({ element }) => element));
    this.element = h("div", { class: "charts" }, grid, ranges);
    for (const button of buttons) button.addEventListener("click", () => this.#choose(button, buttons));
    this.#stop = onThemeChange(() => {
      for (const chart of this.#charts) chart.redraw();
    });
    this.#choose(/** @type {HTMLElement} */ (buttons[0]), buttons);
  }

  close() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#stop();
    for (const chart of this.#charts) chart.close();
  }

  /**
   * @param {HTMLElement} chosen
   * @param {HTMLElement[]} buttons
   */
  #choose(chosen, buttons) {
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button === chosen));
    this.#range = chosen.dataset.range === "24h" ? "24h" : "10m";
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    void this.#load(this.#abort.signal);
  }

  /** @param {AbortSignal} signal */
  async #load(signal) {
    try {
      /** @type {Series | undefined} */
      const series = document.hidden ? undefined : await ask(`${this.#path}?range=${this.#range}`, { signal });
      if (series !== undefined) requestAnimationFrame(() => signal.aborted || this.#show(series));
    } catch {
      // the connection's own state is shown at the top
    }
    if (!signal.aborted) this.#timer = setTimeout(() => this.#load(signal), EVERY_MS[this.#range]);
  }

  /** @param {Series} series */
  #show({ points, stepMs }) {
    const groups = groupPoints(points, stepMs, this.#range);
    for (const chart of this.#charts) chart.show(groups);
  }
}
