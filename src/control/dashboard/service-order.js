import { COLUMNS } from "./service-columns.js";
import { toShown } from "./status.js";

/** @import { Service } from "./types.d.ts" */

/**
 * What the table shows, and in which order.
 *
 * @typedef {{ search: string, column: string, isDescending: boolean }} Order
 */

/**
 * The services that fit the search, in order; those that are equal by name.
 *
 * @param {Iterable<Service>} services
 * @param {Order} order
 * @returns {Service[]}
 */
export function findServices(services, { search, column, isDescending }) {
  const wanted = search.trim().toLowerCase();
  const found = [...services].filter((service) => wanted === "" || fits(service, wanted));
  const { order } = COLUMNS.find(({ id }) => id === column) ?? /** @type {typeof COLUMNS[0]} */ (COLUMNS[0]);
  const keys = new Map(found.map((service) => [service, order(service)]));
  const direction = isDescending ? -1 : 1;
  return found.sort((a, b) => direction * compare(keys.get(a), keys.get(b)) || compare(a.hostname, b.hostname));
}

/**
 * @param {Service} service
 * @param {string} wanted
 */
function fits(service, wanted) {
  return (
    service.hostname.includes(wanted) ||
    toShown(service).word.includes(wanted) ||
    service.kind?.includes(wanted) === true
  );
}

/**
 * @param {string | number | undefined} a
 * @param {string | number | undefined} b
 */
function compare(a, b) {
  if (a === undefined || b === undefined || a === b) return 0;
  return a < b ? -1 : 1;
}
