import { showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { formatBytes, formatDateTime } from "./format.js";
import { createTimings } from "./timing-bars.js";

/** @import { RequestRow } from "./types.d.ts" */

/** @type {Record<string, string>} */
const OUTCOMES = {
  served: "its server has answered to the end",
  refused: "the switchboard has answered; no server was asked",
  failed: "its server could not be reached, or broke off",
  "timed-out": "its server, or the start of it, took too long",
  "client-gone": "the client left before the end",
  cut: "a grace period was over before it had finished",
};

/**
 * Everything about one request.
 *
 * @param {RequestRow} request
 */
export function showRequest(request) {
  const { outcome = "" } = request;
  const server = [
    request.kind,
    request.port && `port ${request.port}`,
    request.replica && `replica ${request.replica}`,
  ];
  /** @type {[string, string | undefined][]} */
  const facts = [
    ["Status", request.status === undefined ? "no answer" : String(request.status)],
    ["Outcome", `${outcome}: ${OUTCOMES[outcome] ?? "not known to this page"}`],
    ["Code", request.code],
    ["Hostname", request.hostname],
    ["Server", server.filter(Boolean).join(", ") || "none"],
    ["Arrived", formatDateTime(request.time)],
    ["Client", request.client],
    ["Upgrade", request.upgrade ? "yes, such as to a WebSocket" : undefined],
    ["Bytes in", formatBytes(request.bytesIn)],
    ["Bytes out", formatBytes(request.bytesOut)],
    ["Request id", request.id],
  ];
  const rows = facts
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  const title = h(
    "span",
    {},
    h("span", { class: "muted" }, request.method),
    " ",
    h("span", { class: "mono" }, request.path),
  );
  showDialog(title, () => [createTimings(request), h("dl", { class: "pairs" }, ...rows)]);
}
