import { svg } from "./dom.js";

const WIDTH = 96;
const HEIGHT = 20;

/**
 * A line without axes: the shape of the last minute.
 *
 * @returns {SVGElement} with a path inside
 */
export function createSparkline() {
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "spark-area" }),
    svg("path", { class: "spark-line" }),
  );
}

/**
 * @param {SVGElement} spark
 * @param {readonly number[]} values the newest last
 */
export function drawSparkline(spark, values) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, i) => {
    const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
    return `${(i * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = points.length === 0 ? "" : `M${points.join("L")}`;
  spark.lastElementChild?.setAttribute("d", line);
  spark.firstElementChild?.setAttribute("d", line === "" ? "" : `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
}
