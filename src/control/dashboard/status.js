import { h, setAttribute, setText } from "./dom.js";

/** @import { Health, Service, State } from "./types.d.ts" */

/**
 * How a state is shown: a word, and a tone that has a shape and a colour.
 *
 * @typedef {{ word: string, tone: "good" | "busy" | "warn" | "bad" | "off" }} Shown
 */

/** @type {Record<State, Shown>} */
const STATES = {
  running: { word: "running", tone: "good" },
  starting: { word: "starting", tone: "busy" },
  stopping: { word: "stopping", tone: "busy" },
  "backing-off": { word: "backing off", tone: "bad" },
  failed: { word: "failed", tone: "bad" },
  stopped: { word: "stopped", tone: "off" },
};

/** @type {Record<Health | "draining", Shown>} */
export const HEALTHS = {
  healthy: { word: "healthy", tone: "good" },
  degraded: { word: "degraded", tone: "warn" },
  unhealthy: { word: "unhealthy", tone: "bad" },
  draining: { word: "draining", tone: "busy" },
};

/** @type {Record<"open" | "half-open", Shown>} */
const BREAKERS = {
  open: { word: "breaker open", tone: "bad" },
  "half-open": { word: "breaker half-open", tone: "warn" },
};

/**
 * What a service is, in a word: of one that runs, also how well, and whether requests come through to it; of one that does
 * not, whether that is a failure.
 *
 * @param {Pick<Service, "state" | "health"> & Partial<Pick<Service, "failure" | "breaker">>} service
 * @returns {Shown}
 */
export function toShown({ state, health, failure = null, breaker = null }) {
  if (state === "stopped" && failure !== null) return STATES.failed;
  if (state !== "running") return STATES[state];
  if (breaker !== null && breaker.state !== "closed") return BREAKERS[breaker.state];
  return health !== null && health !== "healthy" ? HEALTHS[health] : STATES.running;
}

/** @returns {HTMLElement} for {@link showState} */
export function createState() {
  return h("span", { class: "state" });
}

/**
 * @param {HTMLElement} element
 * @param {Shown} shown
 */
export function showState(element, { word, tone }) {
  setText(element, word);
  setAttribute(element, "data-tone", tone);
}
