import { h, setAttribute, setText } from "./dom.js";
import { formatAge, formatMs, formatRate, formatShare } from "./format.js";
import { uptimeOf } from "./service-columns.js";

/** @import { Service } from "./types.d.ts" */

/** @type {[string, (service: Service) => string][]} */
const FACTS = [
  ["Requests/s", ({ stats }) => formatRate(stats.requestsPerSecond)],
  ["Errors", ({ stats }) => formatShare(stats.errorRate)],
  ["p50", ({ stats }) => formatMs(stats.p50Ms || null)],
  ["p95", ({ stats }) => formatMs(stats.p95Ms || null)],
  ["p99", ({ stats }) => formatMs(stats.p99Ms || null)],
  ["In flight", ({ inFlight }) => String(inFlight)],
  ["Sockets", ({ sockets }) => String(sockets)],
  ["Restarts", ({ restarts }) => String(restarts)],
  ["Uptime", (service) => formatAge(uptimeOf(service) || null)],
  ["Breaker", ({ breaker }) => breaker?.state ?? "none"],
];

/** The figures of one hostname. */
export class Facts {
  #values = FACTS.map(() => h("dd", {}, "–"));
  element;

  constructor() {
    const pairs = FACTS.map(([name], i) => h("div", {}, h("dt", {}, name), this.#values[i]));
    this.element = h("dl", { class: "facts" }, ...pairs);
  }

  /** @param {Service} service */
  show(service) {
    for (const [i, [, value]] of FACTS.entries()) {
      const place = this.#values[i];
      if (place !== undefined) setText(place, value(service));
    }
    const breaker = this.#values.at(-1);
    if (breaker !== undefined) setAttribute(breaker, "class", service.breaker?.state === "open" ? "bad" : undefined);
  }
}
