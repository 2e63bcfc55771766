/** @import { Connection, EventRow, LogLine, Overview, RequestRow, Service, Session } from "./types.d.ts" */

/**
 * What can change.
 *
 * @typedef {"connection" | "services" | "overview" | "session" | "events" | "requests" | "log"} Topic
 */

/** How many events are kept for the views. */
const EVENTS = 500;

/**
 * What the page knows. Changes are told once per frame, however many there were, and only while the page is shown: a
 * browser makes no frames for a hidden tab.
 */
export class Store {
  /** @type {Connection} */
  connection = { state: "connecting" };
  /** @type {Session | undefined} */
  session;
  /** Why the token that this tab had is refused, until there is another one. @type {string | undefined} */
  refusal;
  /** @type {Overview | undefined} */
  overview;
  /** @type {Map<string, Service>} */
  services = new Map();
  /** The newest last. @type {EventRow[]} */
  events = [];

  /** @type {Set<Topic>} */
  #changed = new Set();
  /** @type {Map<Topic, Set<() => void>>} */
  #listeners = new Map();
  #isScheduled = false;

  /**
   * Calls `listener` in the frame after a change of any of the topics. Returns how to stop that.
   *
   * @param {Topic[]} topics
   * @param {() => void} listener
   * @returns {() => void}
   */
  on(topics, listener) {
    for (const topic of topics) {
      const listeners = this.#listeners.get(topic) ?? new Set();
      this.#listeners.set(topic, listeners.add(listener));
    }
    return () => {
      for (const topic of topics) this.#listeners.get(topic)?.delete(listener);
    };
  }

  /** @param {Topic} topic */
  changed(topic) {
    this.#changed.add(topic);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => this.#tell());
  }

  /** @param {Connection} connection */
  setConnection(connection) {
    this.connection = connection;
    this.changed("connection");
  }

  /** @param {Session} session */
  setSession(session) {
    this.session = session;
    if (session.canWrite) this.refusal = undefined;
    this.changed("session");
  }

  /** @param {string} reason */
  setRefusal(reason) {
    this.refusal = reason;
    this.changed("session");
  }

  /**
   * Services that have come or changed, and names that are gone; as many as there are replace what was known.
   *
   * @param {{ total: number, services: Service[], gone: string[], overview: Overview }} update
   */
  updateServices({ total, services, gone, overview }) {
    const isAll = services.length === total;
    if (isAll) this.services = new Map();
    for (const service of services) this.services.set(service.hostname, service);
    for (const hostname of gone) this.services.delete(hostname);
    this.overview = overview;
    this.changed("overview");
    if (isAll || services.length > 0 || gone.length > 0) this.changed("services");
  }

  /**
   * What an action has answered: it may be older than what the stream has told of a service that is gone.
   *
   * @param {Service} service
   */
  updateService(service) {
    if (service.state === "stopped" && !this.services.has(service.hostname)) return;
    this.services.set(service.hostname, { ...this.services.get(service.hostname), ...service });
    this.changed("services");
  }

  /** @param {EventRow} event */
  addEvent(event) {
    this.events.push(event);
    if (this.events.length >= 2 * EVENTS) this.events = this.events.slice(-EVENTS);
    this.changed("events");
  }

  #tell() {
    this.#isScheduled = false;
    const changed = this.#changed;
    this.#changed = new Set();
    /** @type {Set<() => void>} */
    const listeners = new Set();
    for (const topic of changed) for (const listener of this.#listeners.get(topic) ?? []) listeners.add(listener);
    for (const listener of listeners) listener();
  }
}
