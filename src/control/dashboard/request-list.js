import { ask } from "./api.js";
import { ANY, fits, toQuery } from "./request-filter.js";

/** @import { RequestFilter } from "./request-filter.js" */
/** @import { RequestRow } from "./types.d.ts" */

/** How many are kept in the page. */
const SIZE = 5_000;
/** How many are asked for at once. */
const PAGE = 500;

/** The requests of one hostname that fit a filter, the newest first: those the journal has, and those that come. */
export class RequestList {
  /** @type {RequestRow[]} */
  rows = [];
  filter = ANY;
  /** How many the page was too slow for. */
  lost = 0;
  /** How many have come while the list stands still. */
  get waiting() {
    return this.#waiting.length;
  }
  /** The `before` of the page that comes next, if there is one. @type {number | null} */
  next = null;
  isPaused = false;
  /** @type {RequestRow[]} */
  #waiting = [];
  #hostname;
  #onChange;
  #abort = new AbortController();

  /**
   * @param {string} hostname
   * @param {(added: number) => void} onChange told how many have come on top
   */
  constructor(hostname, onChange) {
    this.#hostname = hostname;
    this.#onChange = onChange;
  }

  /** Asks for what the journal has. */
  async load() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.rows = [];
    this.#waiting = [];
    const page = await this.#ask(this.#abort.signal, {});
    const newest = page.requests[0]?.seq ?? 0;
    this.rows = [...this.rows.filter(({ seq }) => seq > newest), ...page.requests];
    this.next = page.next;
    this.#onChange(0);
  }

  /** Asks for those before the last one. */
  async loadOlder() {
    if (this.next === null) return;
    const page = await this.#ask(this.#abort.signal, { before: this.next });
    this.rows = [...this.rows, ...page.requests];
    this.next = page.next;
    this.#onChange(0);
  }

  /**
   * @param {readonly RequestRow[]} requests that have come, in any order
   * @param {number} lost
   */
  add(requests, lost) {
    this.lost += lost;
    const last = this.rows[0]?.seq ?? 0;
    const added = requests.filter((request) => request.seq > last && fits(this.filter, request));
    if (this.isPaused) this.#waiting = [...this.#waiting, ...added].slice(-SIZE);
    else this.#put(added);
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.isPaused = isPaused;
    if (!isPaused) this.#put(this.#waiting.splice(0));
  }

  close() {
    this.#abort.abort();
  }

  /** @param {RequestRow[]} added */
  #put(added) {
    if (added.length === 0) return;
    this.rows = [...added.sort((a, b) => b.seq - a.seq), ...this.rows];
    if (this.rows.length > SIZE) {
      this.rows.length = SIZE;
      this.next = this.rows[SIZE - 1]?.seq ?? null;
    }
    this.#onChange(added.length);
  }

  /**
   * @param {AbortSignal} signal
   * @param {{ before?: number }} more
   * @returns {Promise<{ requests: RequestRow[], next: number | null }>}
   */
  #ask(signal, more) {
    return ask(`api/requests?${toQuery(this.filter, { hostname: this.#hostname, limit: PAGE, ...more })}`, { signal });
  }
}
