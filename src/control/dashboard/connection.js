import { h, setText } from "./dom.js";
import { createState, showState } from "./status.js";

/** @import { Live } from "./live.js" */
/** @import { Store } from "./store.js" */

/**
 * Whether what is shown is true now, and when it is tried again.
 *
 * @param {HTMLElement} place
 * @param {Store} store
 * @param {Live} live
 */
export function showConnection(place, store, live) {
  const state = createState();
  const spoken = h("span", { class: "unseen", role: "status" });
  const retry = h("button", { type: "button", hidden: true, onclick: () => live.retry() }, "Try now");
  place.append(state, retry, spoken);
  const update = () => {
    const { connection } = store;
    retry.hidden = connection.state !== "waiting";
    document.body.classList.toggle("stale", connection.state !== "live");
    if (connection.state === "live") return say("live", "good", "Live");
    if (connection.state === "connecting") return say("connecting", "busy", "Connecting");
    const seconds = Math.max(0, Math.ceil((connection.at - Date.now()) / 1_000));
    say(`reconnecting in ${seconds} s`, "warn", "Connection lost, reconnecting");
    state.title = connection.reason;
  };
  const say = (
    /** @type {string} */ word,
    /** @type {"good" | "busy" | "warn"} */ tone,
    /** @type {string} */ text,
  ) => {
    showState(state, { word, tone });
    setText(spoken, text);
  };
  store.on(["connection"], update);
  setInterval(() => store.connection.state === "waiting" && update(), 250);
  update();
}
