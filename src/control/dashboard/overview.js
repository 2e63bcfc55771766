import { h, setAttribute, setText } from "./dom.js";
import { formatCount, formatMs, formatShare } from "./format.js";
import { MANY_ERRORS, overallStatus, UNKNOWN } from "./overall-status.js";
import { createState, showState, toShown } from "./status.js";

/** @import { Store } from "./store.js" */

/**
 * What all hostnames come to, at the top of every page.
 *
 * @param {HTMLElement} place
 * @param {Store} store
 */
export function showOverview(place, store) {
  const state = createState();
  const reason = h("small", { class: "reason" });
  const [servers, perMinute, average, errors, starting, failing] = Array.from({ length: 6 }, () => h("b", {}, "–"));
  const ofAll = h("small");
  if (!servers || !perMinute || !average || !errors || !starting || !failing) return;
  place.append(
    h(
      "dl",
      {},
      tile("Status", state, " ", reason),
      tile("Servers", servers, " ", ofAll),
      tile("Requests/min", perMinute),
      tile("Average duration", average),
      tile("Errors", errors),
      tile("Starting", starting),
      tile("Failing", failing),
    ),
  );
  const update = () => {
    const { overview } = store;
    if (overview === undefined) return;
    const services = [...store.services.values()];
    const overall = overallStatus(overview, services);
    const isLive = store.connection.state === "live";
    const { word } = overall.shown;
    const colon = overall.reason === "" || word.endsWith("but") ? "" : ":";
    showState(state, isLive ? { ...overall.shown, word: `${word}${colon}` } : UNKNOWN);
    setText(reason, isLive ? overall.reason : "");
    setText(servers, overview.activeServers.toLocaleString("en"));
    setText(ofAll, `of ${overview.maxServers.toLocaleString("en")}`);
    setText(perMinute, Math.round(overview.requestsPerMin).toLocaleString("en"));
    setText(average, formatMs(overview.avgResponseTime || null));
    setText(errors, formatShare(overview.errorRate));
    setAttribute(errors, "class", overview.errorRate >= MANY_ERRORS ? "bad" : undefined);
    setText(starting, overview.starting.toLocaleString("en"));
    starting.title = `${formatCount(overview.queued, "start")} in the queue`;
    setText(failing, services.filter((service) => toShown(service).tone === "bad").length.toLocaleString("en"));
  };
  showState(state, { word: "waiting", tone: "off" });
  store.on(["overview", "connection"], update);
}

/**
 * @param {string} label
 * @param {...(Node | string)} value
 */
function tile(label, ...value) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, ...value));
}
