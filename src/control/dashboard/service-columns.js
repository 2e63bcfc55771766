import { h, setAttribute, setText } from "./dom.js";
import { firstLine, formatAge, formatMs, formatRate, formatShare, stripAnsi } from "./format.js";
import { MANY_ERRORS } from "./overall-status.js";
import { serviceHash } from "./router.js";
import { createSparkline, drawSparkline } from "./sparkline.js";
import { createState, showState, toShown } from "./status.js";

/** @import { Service } from "./types.d.ts" */

/**
 * A column of the table of hostnames.
 *
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {boolean} [isNumber] to the right, and the largest first
 * @property {(service: Service) => string | number} order
 * @property {(cell: HTMLElement, service: Service) => void} fill
 */

/** Troubles first. */
const STATE_ORDER = [
  "failed",
  "backing off",
  "breaker open",
  "unhealthy",
  "breaker half-open",
  "degraded",
  "starting",
  "stopping",
  "running",
  "stopped",
];

/** @type {readonly Column[]} */
export const COLUMNS = [
  { id: "hostname", label: "Hostname", order: ({ hostname }) => hostname, fill: fillName },
  { id: "state", label: "Status", order: stateOrder, fill: fillState },
  { id: "kind", label: "Kind", order: ({ kind }) => kind ?? "", fill: (cell, { kind }) => setText(cell, kind ?? "–") },
  number("replicas", "Replicas", ({ replicas }) => replicas.length, replicasText),
  number("uptime", "Uptime", uptimeOf, (service) => formatAge(uptimeOf(service) || null)),
  number("inFlight", "In flight", inFlightOf, (service) => String(inFlightOf(service))),
  number("rate", "Req/s", rateOf, (service) => formatRate(rateOf(service))),
  { id: "errors", label: "Errors", isNumber: true, order: errorRateOf, fill: fillErrors },
  number(
    "p99",
    "p99",
    ({ stats }) => stats.p99Ms,
    ({ stats }) => formatMs(stats.p99Ms || null),
  ),
  { id: "spark", label: "Last minute", order: rateOf, isNumber: true, fill: fillSpark },
];

/**
 * How long a service has run: worked out here, because one that does not change is not sent again.
 *
 * @param {Service} service
 * @returns {number} 0 when it does not run
 */
export function uptimeOf({ startedAt }) {
  return startedAt === null ? 0 : Math.max(0, Date.now() - Date.parse(startedAt));
}

/**
 * @param {string} id
 * @param {string} label
 * @param {(service: Service) => number} order
 * @param {(service: Service) => string} format
 * @returns {Column}
 */
function number(id, label, order, format) {
  const fill = (/** @type {HTMLElement} */ cell, /** @type {Service} */ service) => {
    const value = format(service);
    setText(cell, value);
    cell.classList.toggle("muted", /^(–|0|0 %)$/.test(value));
  };
  return { id, label, isNumber: true, order, fill };
}

/**
 * @param {HTMLElement} cell
 * @param {Service} service
 */
function fillName(cell, { hostname, state, failure, pinned }) {
  if (cell.firstChild === null) {
    cell.classList.add("name-cell");
    cell.append(h("a", { tabindex: -1 }), h("span"));
  }
  const link = /** @type {HTMLElement} */ (cell.firstElementChild);
  const note = /** @type {HTMLElement} */ (cell.lastElementChild);
  setText(link, hostname);
  setAttribute(link, "href", serviceHash(hostname));
  setAttribute(link, "title", pinned ? `${hostname} (pinned)` : hostname);
  const reason = state === "running" ? undefined : failure?.message;
  setText(note, reason === undefined ? "" : firstLine(reason));
  setAttribute(note, "title", reason === undefined ? undefined : stripAnsi(reason));
}

/**
 * @param {HTMLElement} cell
 * @param {Service} service
 */
function fillState(cell, service) {
  if (cell.firstChild === null) cell.append(createState());
  showState(/** @type {HTMLElement} */ (cell.firstChild), toShown(service));
}

/** What each sparkline shows: one whose service has not changed is not drawn again. @type {WeakMap<Element, Service>} */
const drawn = new WeakMap();

/**
 * @param {HTMLElement} cell
 * @param {Service} service
 */
function fillSpark(cell, service) {
  if (cell.firstChild === null) cell.append(createSparkline());
  const spark = /** @type {SVGElement} */ (cell.firstChild);
  if (drawn.get(spark) === service) return;
  drawn.set(spark, service);
  drawSparkline(spark, service.spark ?? []);
}

/** @param {Service} service */
function stateOrder(service) {
  return STATE_ORDER.indexOf(toShown(service).word);
}

/** @param {Service} service */
function inFlightOf({ inFlight, sockets }) {
  return inFlight + sockets;
}

/** @param {Service} service */
function errorRateOf({ stats }) {
  return stats.errorRate;
}

/**
 * @param {HTMLElement} cell
 * @param {Service} service
 */
function fillErrors(cell, { stats }) {
  setText(cell, formatShare(stats.errorRate));
  cell.classList.toggle("muted", stats.errorRate === 0);
  cell.classList.toggle("bad", stats.errorRate >= MANY_ERRORS);
}

/** @param {Service} service */
function rateOf({ stats }) {
  return stats.requestsPerSecond;
}

/** @param {Service} service */
function replicasText({ replicas }) {
  const running = replicas.filter(({ state }) => state === "running").length;
  return running === replicas.length ? String(running || "–") : `${running} of ${replicas.length}`;
}
