import type { ServerResponse } from "node:http";
import { recordOf } from "../base/request-record.ts";

/**
 * Has a say in the head of an answer, whoever writes it. The app's `Connection` and `Keep-Alive` fields do not steer the
 * client's connection: that is the switchboard's, and other apps answer on it too; whether it stays open is Node's
 * decision for each request. And where requests are observed, the answer names its request.
 *
 * An own property, because Express replaces the prototype of every response; one function for all of them.
 */
export function guardHead(response: ServerResponse): void {
  response.writeHead = writeHead as ServerResponse["writeHead"];
}

function writeHead(this: ServerResponse, status: number, reason?: unknown, fields?: unknown): unknown {
  const record = recordOf(this.req);
  if (record === undefined || this.headersSent) return writeGuarded(this, status, reason, fields);
  const given = fields ?? reason;
  const named = nameRequest(this, record.id, typeof given === "object" && given !== null ? given : undefined);
  const result =
    typeof reason === "string"
      ? writeGuarded(this, status, reason, named)
      : writeGuarded(this, status, named, undefined);
  record.headUs = record.elapsedUs();
  record.status = Number(this.statusCode); // Node takes text for a number, too
  return result;
}

/** The fields of an answer with the id of its request; an app that has set one itself keeps it. */
function nameRequest(response: ServerResponse, id: string, given: object | undefined): object | undefined {
  if (response.hasHeader("x-request-id")) return given;
  if (given === undefined) return { "X-Request-Id": id }; // a response without other fields stays on Node's quick way
  if (namesOf(given).some(isRequestId)) return given;
  if (!Array.isArray(given)) return Object.assign({}, given, { "X-Request-Id": id }); // a spread takes ten times as long
  return [...given, ...(Array.isArray(given[0]) ? [["X-Request-Id", id]] : ["X-Request-Id", id])];
}

function isRequestId(name: unknown): boolean {
  return typeof name === "string" && name.length === 12 && name.toLowerCase() === "x-request-id";
}

function writeGuarded(response: ServerResponse, status: number, reason: unknown, fields: unknown): unknown {
  const given = fields ?? reason;
  const steered =
    response.hasHeader("connection") ||
    response.hasHeader("keep-alive") ||
    (typeof given === "object" && given !== null && steers(given));
  const next = Object.getPrototypeOf(response).writeHead as (...args: unknown[]) => unknown;
  if (!steered) return next.call(response, status, reason, fields);
  if (response.hasHeader("connection"))
    response.setHeader("Connection", ownConnection(response, response.getHeader("connection")));
  response.removeHeader("keep-alive");
  const safe = typeof given === "object" && given !== null ? guarded(response, given) : undefined;
  return typeof reason === "string" ? next.call(response, status, reason, safe) : next.call(response, status, safe);
}

/** Whether fields given to `writeHead` (an object, a flat list, or a list of pairs) have one of the two. */
function steers(fields: object): boolean {
  return namesOf(fields).some(isSteering);
}

/** The names of fields, among their values perhaps. */
function namesOf(fields: object): unknown[] {
  return Array.isArray(fields) ? fields.flat() : Object.keys(fields);
}

function guarded(response: ServerResponse, fields: object): object {
  if (!Array.isArray(fields)) return Object.fromEntries(guardedPairs(response, Object.entries(fields)));
  const nested = Array.isArray(fields[0]);
  const pairs = nested ? fields : fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]]] : []));
  const kept = guardedPairs(response, pairs);
  return nested ? kept : kept.flat();
}

function guardedPairs(response: ServerResponse, pairs: [string, unknown][]): [string, unknown][] {
  return pairs.flatMap(([name, value]): [string, unknown][] => {
    if (!isSteering(name)) return [[name, value]];
    return name.toLowerCase() === "connection" ? [[name, ownConnection(response, value)]] : [];
  });
}

function isSteering(name: unknown): boolean {
  const lower = typeof name === "string" ? name.toLowerCase() : "";
  return lower === "connection" || lower === "keep-alive";
}

/** What the app named, such as `Upgrade`, with the switchboard's own decision on the connection. */
function ownConnection(response: ServerResponse, value: unknown): string {
  const named = String(value).split(/[\s,]+/);
  const kept = named.filter((option) => option !== "" && !/^(?:close|keep-alive)$/i.test(option));
  return [...kept, response.shouldKeepAlive ? "keep-alive" : "close"].join(", ");
}
