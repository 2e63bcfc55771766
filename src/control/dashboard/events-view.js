import { h } from "./dom.js";
import { EventList } from "./event-list.js";

/** @import { Store } from "./store.js" */

/** What has happened to all hostnames, and to the switchboard itself. */
export class EventsView {
  title = "Events · Switchboard";
  #list;
  #heading = h("h1", { tabindex: -1 }, "Events");
  element;
  #stop;

  /** @param {Store} store */
  constructor(store) {
    this.#list = new EventList(store);
    this.element = h("div", { class: "page" }, this.#heading, this.#list.element);
    let state = "";
    const onConnection = () => {
      if (store.connection.state === "live" && state !== "live") this.#list.load();
      state = store.connection.state;
    };
    this.#stop = store.on(["connection"], onConnection);
    onConnection();
  }

  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  close() {
    this.#list.close();
    this.#stop();
  }
}
