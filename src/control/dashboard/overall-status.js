import { formatShare } from "./format.js";
import { HEALTHS, toShown } from "./status.js";

/** @import { Shown } from "./status.js" */
/** @import { Overview, Service } from "./types.d.ts" */

/** From this share on, errors are trouble. */
export const MANY_ERRORS = 0.05;

/** What is shown of what is not known now. @type {Shown} */
export const UNKNOWN = { word: "not known now", tone: "off" };

/**
 * How all is, and why it is not well.
 *
 * @param {Overview} overview
 * @param {Service[]} services
 * @returns {{ shown: Shown, reason: string }} the reason is empty where there is none
 */
export function overallStatus({ systemStatus, errorRate }, services) {
  const shown = HEALTHS[systemStatus];
  if (systemStatus === "draining") return { shown, reason: "" };
  /** @type {Map<string, number>} */
  const troubles = new Map();
  for (const { word, tone } of services.map(toShown)) {
    if (tone === "bad" || tone === "warn") troubles.set(word, (troubles.get(word) ?? 0) + 1);
  }
  const reasons = [...troubles].map(([word, count]) => `${count} ${word}`);
  if (errorRate >= MANY_ERRORS) reasons.push(`${formatShare(errorRate)} errors`);
  const isLess = systemStatus === "healthy" && reasons.length > 0;
  return { shown: isLess ? { word: "healthy, but", tone: "warn" } : shown, reason: reasons.join(", ") };
}
