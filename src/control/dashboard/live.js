import { announce } from "./announce.js";
import { ApiError, ask, openStream } from "./api.js";
import { readEvents } from "./event-stream.js";
import { keepToken, readToken, whyRefused } from "./token.js";

/** @import { Store } from "./store.js" */
/** @import { LogLine, RequestRow } from "./types.d.ts" */

/** How long to wait before the first try again, and at most. */
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10_000;
/** The stream has a heartbeat every 15 s: after this silence, nobody is there any more. */
const SILENCE_MS = 40_000;

/**
 * What a view of one hostname hears besides.
 *
 * @typedef {object} Follower
 * @property {() => void} onOpen the stream has begun, or begun again: what came before is to be asked for
 * @property {(requests: RequestRow[], lost: number) => void} onRequests
 * @property {(lines: LogLine[]) => void} onLog
 */

/** The one stream of the page: it fills the store, and opens again by itself when it ends. */
export class Live {
  #store;
  #delayMs = FIRST_DELAY_MS;
  #abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {string | undefined} */
  #hostname;
  /** @type {Follower | undefined} */
  #follower;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * Opens the stream; with a hostname, also for its requests and log.
   *
   * @param {string} [hostname]
   * @param {Follower} [follower]
   */
  open(hostname, follower) {
    this.#hostname = hostname;
    this.#follower = follower;
    this.retry();
  }

  /** Opens it again, now. */
  retry() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    if (this.#store.connection.state !== "live") this.#store.setConnection({ state: "connecting" });
    void this.#run(this.#abort.signal);
  }

  /** @param {AbortSignal} signal aborted when another stream takes the place of this one */
  async #run(signal) {
    let isRefused = false;
    let reason = "the switchboard has ended the connection";
    try {
      this.#store.setSession(await ask("api/session", { signal }));
      const query = this.#hostname === undefined ? "" : `?hostname=${encodeURIComponent(this.#hostname)}`;
      await this.#read(await openStream(`api/live${query}`, signal), signal);
    } catch (error) {
      isRefused = error instanceof ApiError && error.status === 401;
      reason = error instanceof ApiError ? error.message : "the switchboard does not answer";
    }
    if (signal.aborted) return;
    const token = readToken();
    if (isRefused && token !== undefined) {
      const why = whyRefused(token);
      this.#store.setRefusal(why);
      announce(why, { isFailure: true });
      keepToken(undefined); // without it there is more to see
      this.retry();
      return;
    }
    clearTimeout(this.#timer);
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2);
    this.#store.setConnection({ state: "waiting", at: Date.now() + delayMs, reason });
    this.#timer = setTimeout(() => this.retry(), delayMs);
  }

  /**
   * @param {ReadableStream<Uint8Array>} body
   * @param {AbortSignal} signal
   */
  async #read(body, signal) {
    const onEvent = (/** @type {string} */ type, /** @type {string} */ data) => {
      if (!signal.aborted) this.#take(type, JSON.parse(data));
    };
    this.#delayMs = FIRST_DELAY_MS;
    this.#store.setConnection({ state: "live" });
    this.#follower?.onOpen();
    await readEvents(body, { onEvent, onBytes: () => this.#watch() });
  }

  /** Somebody was there just now. */
  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), SILENCE_MS);
  }

  /**
   * @param {string} type
   * @param {any} data
   */
  #take(type, data) {
    if (type === "services") this.#store.updateServices(data);
    else if (type === "event") this.#store.addEvent(data);
    else if (type === "requests") this.#follower?.onRequests(data.requests, data.lost);
    else if (type === "log") this.#follower?.onLog(data.lines);
  }
}
