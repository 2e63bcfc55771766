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
const HEALTHS = {
  healthy: { word: "healthy", tone: "good" },
  degraded: { word: "degraded", tone: "warn" },
  unhealthy: { word: "unhealthy", tone: "bad" },
  draining: { word: "draining", tone: "busy" },
};

/**
 * What a service is, in a word: of one that runs, also how well; of one that does not, whether that is a failure.
 *
 * @param {Pick<Service, "state" | "health"> & Partial<Pick<Service, "failure">>} service
 * @returns {Shown}
 */
export function toShown({ state, health, failure = null }) {
  if (state === "stopped" && failure !== null) return STATES.failed;
  return state === "running" && health !== null && health !== "healthy" ? HEALTHS[health] : STATES[state];
}

/**
 * @param {Health | "draining"} health
 * @returns {Shown}
 */
export function healthShown(health) {
  return HEALTHS[health];
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
