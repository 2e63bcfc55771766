import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** How Node announces a request (Node docs, `http.Server` events). */
export type RequestEvent = "request" | "checkContinue" | "checkExpectation";

/**
 * Gives a request to a server of this process as Node itself would: by the event that Node would emit, with
 * Node's own behaviour where the app does not listen for it.
 */
export function handoff(server: Server, event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
  if (event === "request" || server.listenerCount(event) > 0) {
    server.emit(event, request, response);
  } else if (event === "checkContinue") {
    response.writeContinue();
    server.emit("request", request, response);
  } else {
    response.writeHead(417).end();
  }
}

/**
 * Keeps the app's `Connection` and `Keep-Alive` fields from steering the client's connection: that is the
 * switchboard's, and other apps answer on it too. Whether it stays open is Node's decision for each request.
 *
 * An own property, because Express replaces the prototype of every response; one function for all of them.
 */
export function guardConnection(response: ServerResponse): void {
  response.writeHead = writeHead as ServerResponse["writeHead"];
}

function writeHead(this: ServerResponse, status: number, reason?: unknown, fields?: unknown): unknown {
  const given = fields ?? reason;
  const steered =
    this.hasHeader("connection") ||
    this.hasHeader("keep-alive") ||
    (typeof given === "object" && given !== null && steers(given));
  const next = Object.getPrototypeOf(this).writeHead as (...args: unknown[]) => unknown;
  if (!steered) return next.call(this, status, reason, fields);
  if (this.hasHeader("connection")) this.setHeader("Connection", ownConnection(this, this.getHeader("connection")));
  this.removeHeader("keep-alive");
  const safe = typeof given === "object" && given !== null ? guarded(this, given) : undefined;
  return typeof reason === "string" ? next.call(this, status, reason, safe) : next.call(this, status, safe);
}

/** Whether fields given to `writeHead` (an object, a flat list, or a list of pairs) have one of the two. */
function steers(fields: object): boolean {
  const names = Array.isArray(fields) ? fields.flat() : Object.keys(fields);
  return names.some((name) => isSteering(name));
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
