import { announce } from "./announce.js";
import { ask, servicePath } from "./api.js";
import { confirmAction } from "./dialog.js";
import { formatCount } from "./format.js";

/** @import { Store } from "./store.js" */
/** @import { Service } from "./types.d.ts" */

/**
 * What has happened, and how the service is now, if that was answered.
 *
 * @typedef {{ text: string, service?: Service }} Done
 */

/**
 * What can be done with a hostname.
 *
 * @typedef {object} Action
 * @property {string} label
 * @property {string} doing what is shown while it is done
 * @property {(service: Service) => boolean} isPossible
 * @property {(service: Service) => { title: string, text: string, button: string } | undefined} [question] for what interrupts
 * @property {(service: Service) => Promise<Done>} run
 */

/** @type {readonly Action[]} */
export const ACTIONS = [
  {
    label: "Start",
    doing: "Starting…",
    isPossible: ({ state }) => state !== "running" && state !== "starting",
    run: async ({ hostname }) => act(hostname, "start", `${hostname} has started.`),
  },
  {
    label: "Restart",
    doing: "Restarting…",
    isPossible: ({ state }) => state === "running",
    question: (service) => ({
      title: `Restart ${service.hostname}?`,
      text: `${interrupted(service)} New requests wait for the new server.`,
      button: "Restart",
    }),
    run: async ({ hostname }) => act(hostname, "restart", `${hostname} was restarted.`),
  },
  {
    label: "Stop",
    doing: "Stopping…",
    isPossible: ({ state }) => state === "running" || state === "starting",
    question: (service) => ({
      title: `Stop ${service.hostname}?`,
      text: `${interrupted(service)} The next request for it starts it again.`,
      button: "Stop",
    }),
    run: async ({ hostname }) => act(hostname, "stop", `${hostname} was stopped.`),
  },
];

/** @type {Action} */
export const PIN = {
  label: "Pin",
  doing: "Pinning…",
  isPossible: () => true,
  run: async ({ hostname, pinned }) => {
    const text = pinned ? `${hostname} stops when nobody uses it.` : `${hostname} is kept running.`;
    return act(hostname, "pin", text, { pinned: !pinned });
  },
};

/** @type {Action} */
export const RESET_BREAKER = {
  label: "Reset breaker",
  doing: "Resetting…",
  isPossible: ({ breaker }) => breaker !== null && breaker.state !== "closed",
  run: async ({ hostname }) => setBreaker(hostname, "reset", `The breaker of ${hostname} is closed.`),
};

/** @type {Action} */
export const OPEN_BREAKER = {
  label: "Open breaker",
  doing: "Opening…",
  isPossible: ({ breaker }) => breaker !== null && breaker.state === "closed",
  question: ({ hostname }) => ({
    title: `Open the breaker of ${hostname}?`,
    text: "Its requests are answered with 503 until the breaker is reset.",
    button: "Open breaker",
  }),
  run: async ({ hostname }) => setBreaker(hostname, "open", `The breaker of ${hostname} is open.`),
};

/**
 * Asks before something is interrupted.
 *
 * @param {Action} action
 * @param {Service} service
 * @returns {Promise<boolean>} whether it is wanted
 */
export async function isWanted({ question }, service) {
  const asked = question?.(service);
  return asked === undefined || confirmAction(asked);
}

/**
 * Says what `run` came to, and shows how its service is now.
 *
 * @param {() => Promise<Done>} run
 * @param {Store} store
 * @returns {Promise<boolean>} whether it was done
 */
export async function attempt(run, store) {
  try {
    const { text, service } = await run();
    announce(text);
    if (service !== undefined) store.updateService(service);
    return true;
  } catch (error) {
    announce(error instanceof Error ? error.message : String(error), { isFailure: true });
    return false;
  }
}

/**
 * @param {string} hostname
 * @param {string} action
 * @param {string} text what has happened then
 * @param {object} body
 * @returns {Promise<Done>}
 */
export async function act(hostname, action, text, body = {}) {
  return { text, service: await ask(servicePath(hostname, action), { method: "POST", body }) };
}

/**
 * @param {string} hostname
 * @param {"reset" | "open"} action
 * @param {string} text what has happened then
 * @returns {Promise<Done>}
 */
async function setBreaker(hostname, action, text) {
  await ask(`api/breakers/${encodeURIComponent(hostname)}`, { method: "POST", body: { action } });
  return { text };
}

/** @param {Service} service */
function interrupted({ inFlight, sockets }) {
  if (inFlight + sockets === 0) return "Nothing is in flight.";
  return `${formatCount(inFlight, "request")} and ${formatCount(sockets, "socket")} may finish; what takes longer than the grace period is cut.`;
}
