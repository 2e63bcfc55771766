import { ask, servicePath } from "./api.js";
import { Chart } from "./chart.js";
import { h } from "./dom.js";
import { formatMs, formatRate } from "./format.js";
import { onThemeChange } from "./theme.js";

/** @import { ChartConfig } from "./chart.js" */
/** @import { Series } from "./types.d.ts" */

/** How often a series is asked for again. */
const EVERY_MS = { "10m": 2_000, "24h": 30_000 };

/** @type {ChartConfig} */
const REQUESTS = {
  title: "Requests per second",
  format: formatRate,
  lines: [
    { label: "all", color: "first", value: ({ requests }, stepMs) => (requests * 1_000) / stepMs },
    { label: "errors", color: "third", value: ({ errors }, stepMs) => (errors * 1_000) / stepMs },
  ],
};
/** @type {ChartConfig} */
const LATENCY = {
  title: "Duration",
  format: formatMs,
  lines: [
    { label: "p50", color: "first", value: ({ p50Ms }) => p50Ms },
    { label: "p95", color: "second", value: ({ p95Ms }) => p95Ms },
    { label: "p99", color: "third", value: ({ p99Ms }) => p99Ms },
  ],
};
/** @type {ChartConfig} */
const IN_FLIGHT = {
  title: "In flight",
  format: formatRate,
  lines: [{ label: "requests", color: "first", value: ({ inFlight }) => inFlight }],
};

/**
 * The charts of all hostnames together.
 *
 * @param {HTMLElement} place
 * @returns {() => void} their end
 */
export function showTotals(place) {
  return showCharts(place, [REQUESTS, LATENCY, IN_FLIGHT], "api/history");
}

/**
 * The charts of one hostname.
 *
 * @param {HTMLElement} place
 * @param {string} hostname
 * @returns {() => void} their end
 */
export function showServiceCharts(place, hostname) {
  return showCharts(place, [REQUESTS, LATENCY, IN_FLIGHT], servicePath(hostname, "history"));
}

/**
 * @param {HTMLElement} place
 * @param {ChartConfig[]} configs
 * @param {string} path
 * @returns {() => void}
 */
function showCharts(place, configs, path) {
  /** @type {"10m" | "24h"} */
  let range = "10m";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let abort = new AbortController();
  const charts = configs.map((config) => new Chart(config));
  const buttons = /** @type {const} */ (["10m", "24h"]).map((name) =>
    h(
      "button",
      { type: "button", "aria-pressed": name === range, onclick: () => choose(name) },
      name === "10m" ? "10 min" : "24 h",
    ),
  );
  const grid = h("div", { class: "charts-grid" }, ...charts.map(({ element }) => element));
  place.append(grid, h("div", { class: "ranges", role: "group", "aria-label": "Time shown" }, ...buttons));

  /** @param {"10m" | "24h"} name */
  function choose(name) {
    range = name;
    for (const [i, button] of buttons.entries())
      button.setAttribute("aria-pressed", String((i === 0) === (name === "10m")));
    load();
  }

  function load() {
    clearTimeout(timer);
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const next = () => {
      if (!signal.aborted) timer = setTimeout(load, EVERY_MS[range]);
    };
    if (document.hidden) return next();
    /** @type {Promise<Series>} */ (ask(`${path}?range=${range}`, { signal }))
      .then(({ points, stepMs }) =>
        requestAnimationFrame(() => signal.aborted || charts.forEach((chart) => void chart.show(points, stepMs))),
      )
      .catch(() => {}) // the connection's own state is shown at the top
      .finally(next);
  }

  const stop = onThemeChange(() => charts.forEach((chart) => void chart.redraw()));
  load();
  return () => {
    clearTimeout(timer);
    abort.abort();
    stop();
    for (const chart of charts) chart.close();
  };
}
