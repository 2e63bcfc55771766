import { bridgeGaps, findLonely } from "./chart-gaps.js";
import { h, setText } from "./dom.js";
import uPlot from "./vendor/uPlot.esm.js";

/** @import { Group } from "./group-points.js" */

/** Steps of the time axis, in seconds: none is shorter than what its labels tell apart. */
const TIME_STEPS = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200];
/** Half of a label of the time axis, in CSS pixels: nearer to an end there is no room for it. */
const HALF_LABEL = 17;

/**
 * A line of a chart.
 *
 * @typedef {object} Line
 * @property {string} label
 * @property {"first" | "second" | "third"} color
 * @property {(group: Group) => number | null} value
 */

/**
 * What a chart shows.
 *
 * @typedef {object} ChartConfig
 * @property {string} title
 * @property {Line[]} lines
 * @property {(value: number) => string} format for the legend
 * @property {(value: number) => string} tick for the axis
 */

/** What was longer ago, in seconds, is no news: the figures beside the charts are those of so long, too. */
const RECENT_S = 60;

/** One chart with its legend. The legend says the values of the last minute in words, or those under the pointer. */
export class Chart {
  #config;
  #legend;
  #place = h("div", { class: "chart-plot", "aria-hidden": "true" });
  #plot;
  #onResize;

  /** @param {ChartConfig} config */
  constructor(config) {
    this.#config = config;
    this.#legend = config.lines.map(({ label, color }) => ({
      swatch: h("i", { class: `swatch ${color}` }),
      label,
      value: h("b", {}, "–"),
    }));
    const legend = this.#legend.map(({ swatch, label, value }) => h("span", {}, swatch, label, " ", value));
    const head = h("figcaption", {}, h("h2", {}, config.title), h("span", { class: "legend" }, ...legend));
    this.element = h("figure", { class: "chart" }, head, this.#place);
    this.#plot = new uPlot(this.#options(), [[]], this.#place);
    this.#onResize = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      if (width > 0 && height > 0) this.#plot.setSize({ width, height });
    });
    this.#onResize.observe(this.#place);
  }

  /** @param {Group[]} groups */
  show(groups) {
    const lines = this.#config.lines.map(({ value }) => bridgeGaps(groups.map(value)));
    this.#plot.setData([groups.map(({ time }) => time), ...lines]);
    this.#tell();
  }

  /** Draws again, with the colours of another theme. */
  redraw() {
    this.#plot.redraw(false);
  }

  close() {
    this.#onResize.disconnect();
    this.#plot.destroy();
  }

  #tell() {
    const { data, cursor } = this.#plot;
    const from = data[0].findIndex((time) => time > (data[0].at(-1) ?? 0) - RECENT_S);
    for (const [i, { value }] of this.#legend.entries()) {
      const line = [...(data[i + 1] ?? [])];
      const recent = line.slice(Math.max(0, from)).findLast((known) => typeof known === "number");
      const shown = typeof cursor.idx === "number" ? line[cursor.idx] : recent;
      setText(value, shown === null || shown === undefined ? "–" : this.#config.format(shown));
    }
  }

  /** @returns {uPlot.Options} */
  #options() {
    const ink = () => getComputedStyle(this.element).color;
    const grid = () => getComputedStyle(this.element).borderTopColor;
    const axis = {
      stroke: ink,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    return {
      width: 300,
      height: 110,
      padding: [6, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _lowest, highest) => [0, Math.max(1, highest * 1.1)] } },
      axes: [
        {
          ...axis,
          size: 24,
          space: 60,
          incrs: TIME_STEPS,
          values: (plot, times) => times.map((time) => toLabel(plot, time)),
        },
        { ...axis, size: 52, space: 26, values: (_plot, values) => values.map(this.#config.tick) },
      ],
      series: [
        {},
        ...this.#legend.map(({ label, swatch }, i) => ({
          label,
          width: 1.4,
          points: { show: false, size: 5, filter: lonelyOf },
          stroke: () => getComputedStyle(swatch).color,
          ...(i === 0 ? { fill: () => getComputedStyle(swatch).backgroundColor } : {}),
        })),
      ],
      hooks: { setCursor: [() => this.#tell()] },
    };
  }
}

/**
 * @param {uPlot} plot
 * @param {number} line
 */
function lonelyOf(plot, line) {
  return findLonely([...(plot.data[line] ?? [])]);
}

/**
 * @param {uPlot} plot
 * @param {number} seconds since 1970
 * @returns {string} the time of the day, where it fits
 */
function toLabel(plot, seconds) {
  const at = plot.valToPos(seconds, "x");
  const end = plot.valToPos(plot.scales.x?.max ?? seconds, "x");
  if (at < HALF_LABEL || at > end - HALF_LABEL) return "";
  const time = new Date(seconds * 1_000);
  return `${time.getHours()}:${String(time.getMinutes()).padStart(2, "0")}`;
}
