/**
 * Where the page is: the list, the events, or one hostname with one of its tabs. It is in the address, so that a reload,
 * a bookmark and the back button work.
 *
 * @typedef {{ view: "services" } | { view: "events" } | { view: "service", hostname: string, tab: string }} Route
 */

/**
 * @param {string} hash such as `#/services/shop/log`
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [view, name, tab] = hash.replace(/^#\/?/, "").split("/");
  if (view === "events") return { view: "events" };
  if (view !== "services" || !name) return { view: "services" };
  try {
    return { view: "service", hostname: decodeURIComponent(name), tab: tab ?? "requests" };
  } catch {
    return { view: "services" };
  }
}

/**
 * The address of a hostname.
 *
 * @param {string} hostname
 * @param {string} [tab]
 * @returns {string}
 */
export function serviceHash(hostname, tab) {
  return `#/services/${encodeURIComponent(hostname)}${tab === undefined ? "" : `/${tab}`}`;
}
