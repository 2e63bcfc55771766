import { h, setText } from "./dom.js";
import { formatCount, formatMs, formatShare } from "./format.js";
import { createState, healthShown, showState, toShown } from "./status.js";

/** @import { Store } from "./store.js" */

/**
 * What all hostnames come to, at the top of every page.
 *
 * @param {HTMLElement} place
 * @param {Store} store
 */
export function showOverview(place, store) {
  const state = createState();
  const [servers, ofAll, perMinute, average, errors] = ["b", "small", "b", "b", "b"].map((name) =>
    h(/** @type {"b"} */ (name), {}, "–"),
  );
  const waiting = h("b", {}, "–");
  if (!servers || !ofAll || !perMinute || !average || !errors) return;
  place.append(
    h(
      "dl",
      {},
      tile("Status", state),
      tile("Servers", servers, " ", ofAll),
      tile("Requests/min", perMinute),
      tile("Average", average),
      tile("Errors", errors),
      tile("Starting · failing", waiting),
    ),
  );
  const update = () => {
    const { overview } = store;
    if (overview === undefined) return;
    showState(state, healthShown(overview.systemStatus));
    setText(servers, overview.activeServers.toLocaleString("en"));
    setText(ofAll, `of ${overview.maxServers.toLocaleString("en")}`);
    setText(perMinute, Math.round(overview.requestsPerMin).toLocaleString("en"));
    setText(average, formatMs(overview.avgResponseTime || null));
    setText(errors, formatShare(overview.errorRate));
    const failing = [...store.services.values()].filter((service) => toShown(service).tone === "bad");
    setText(waiting, `${overview.starting} · ${failing.length}`);
    waiting.title = `${formatCount(overview.queued, "start")} in the queue`;
  };
  showState(state, { word: "waiting", tone: "off" });
  store.on(["overview"], update);
}

/**
 * @param {string} label
 * @param {...(Node | string)} value
 */
function tile(label, ...value) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, ...value));
}
