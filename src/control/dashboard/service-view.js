import { ActionBar } from "./action-bar.js";
import { ask, servicePath } from "./api.js";
import { Charts } from "./charts.js";
import { h, setAttribute, setText } from "./dom.js";
import { EventList } from "./event-list.js";
import { Facts } from "./facts.js";
import { FailureNote } from "./failure-note.js";
import { FaultList } from "./fault-list.js";
import { LogView } from "./log-view.js";
import { ReplicaTable } from "./replica-table.js";
import { RequestsView } from "./requests-view.js";
import { serviceHash } from "./router.js";
import { createState, showState, toShown } from "./status.js";
import { createStopped, NOT_THERE } from "./stopped-service.js";
import { Tabs } from "./tabs.js";

/** @import { Live } from "./live.js" */
/** @import { Store } from "./store.js" */
/** @import { Service } from "./types.d.ts" */

/** Everything about one hostname. */
export class ServiceView {
  title;
  #store;
  #live;
  #hostname;
  #state = createState();
  #about = h("span", { class: "muted" });
  #url = h("a", { target: "_blank", rel: "noopener noreferrer" });
  #heading;
  #actions;
  #failure = new FailureNote();
  #missing;
  /** Whether it was there while it was looked at: then it has stopped. */
  #wasThere = false;
  #facts = new Facts();
  #replicas = new ReplicaTable();
  #requests;
  #log;
  #events;
  #faults;
  #tabs;
  #charts;
  #ends;
  /** The number of its last event. @type {number | undefined} */
  #lastEvent;

  /**
   * @param {Store} store
   * @param {Live} live
   * @param {string} hostname
   */
  constructor(store, live, hostname) {
    this.#store = store;
    this.#live = live;
    this.#hostname = hostname;
    this.title = `${hostname} · Switchboard`;
    this.#charts = new Charts(servicePath(hostname, "history"));
    this.#actions = new ActionBar(store, () => live.retry());
    this.#requests = new RequestsView(hostname);
    this.#log = new LogView(hostname);
    this.#events = new EventList(store, hostname);
    this.#faults = new FaultList(store, hostname);
    this.#tabs = new Tabs(`About ${hostname}`, this.#panels(), (id) => location.replace(serviceHash(hostname, id)));
    this.#heading = h("h1", { tabindex: -1 }, hostname);
    this.#missing = createMissing(hostname);
    this.element = h(
      "div",
      { class: "page service" },
      h("a", { class: "back", href: "#/" }, "← All hostnames"),
      h("div", { class: "title" }, this.#heading, this.#state, this.#about, this.#url),
      this.#failure.element,
      this.#missing,
      this.#actions.element,
      this.#facts.element,
      this.#charts.element,
      this.#tabs.element,
    );
    const ticks = setInterval(() => this.#facts.show(this.#service), 1_000);
    this.#ends = [
      store.on(["services", "session", "connection"], () => this.#update()),
      store.on(["events"], () => this.#onEvents()),
      () => clearInterval(ticks),
    ];
    live.open(hostname, {
      onOpen: () => this.#load(),
      onRequests: (requests, lost) => this.#requests.add(requests, lost),
      onLog: (lines) => this.#log.add(lines),
    });
    this.#update();
  }

  /** @param {string} tab */
  showTab(tab) {
    this.#tabs.show(tab);
  }

  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  close() {
    for (const end of this.#ends) end();
    for (const part of [this.#charts, this.#requests, this.#log, this.#events, this.#faults]) part.close();
    this.#live.open();
  }

  #panels() {
    return [
      { id: "requests", label: "Requests", element: this.#requests.element },
      { id: "log", label: "Log", element: this.#log.element, onShow: () => this.#log.shown() },
      { id: "events", label: "Events", element: this.#events.element },
      { id: "replicas", label: "Replicas", element: this.#replicas.element },
      { id: "faults", label: "Faults", element: this.#faults.element, onShow: () => this.#faults.load() },
    ];
  }

  #load() {
    this.#requests.load();
    this.#log.load();
    this.#events.load();
    this.#faults.load();
  }

  /** What is known of it: one that is gone, or was never asked for, can still be started. */
  get #service() {
    return this.#store.services.get(this.#hostname) ?? createStopped(this.#hostname);
  }

  /** Something has happened to it: how it is now is told once a second, and asked for here. */
  #onEvents() {
    const last = this.#store.events.findLast(({ hostname }) => hostname === this.#hostname)?.seq;
    if (last === undefined || last === this.#lastEvent) return;
    this.#lastEvent = last;
    /** @type {Promise<Service>} */ (ask(servicePath(this.#hostname)))
      .then((service) => this.#store.updateService(service))
      .catch(() => {}); // it is gone, which the stream tells; the connection's own state is shown at the top
  }

  #update() {
    const service = this.#service;
    const { kind, port, pinned, url, faults } = service;
    const isThere = this.#store.services.has(this.#hostname) || this.#store.overview === undefined;
    this.#missing.hidden = isThere;
    if (this.#store.services.has(this.#hostname)) this.#wasThere = true;
    showState(this.#state, isThere || this.#wasThere ? toShown(service) : NOT_THERE);
    const parts = [kind, port !== null && `port ${port}`, pinned && "pinned", faults > 0 && "has faults"];
    setText(this.#about, parts.filter(Boolean).join(" · "));
    const isLink = /^https?:/.test(url);
    this.#url.hidden = !isLink;
    setText(this.#url, url);
    setAttribute(this.#url, "href", isLink ? url : undefined);
    this.#failure.show(service);
    this.#actions.show(service, { isThere });
    this.#facts.show(service);
    this.#replicas.show(service);
  }
}

/**
 * What is said of a hostname that is not there.
 *
 * @param {string} hostname
 */
function createMissing(hostname) {
  const list = h("a", { href: "#/" }, "All hostnames");
  const text = `The switchboard has no hostname “${hostname}” now. “Start”, or a request for it, makes it if there is an app for this name.`;
  return h("p", { class: "missing", hidden: true, role: "status" }, text, " ", list);
}
