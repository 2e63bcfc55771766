import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { noop } from "../../base/operations.ts";
import { giveRequestId } from "../../base/request-id.ts";
import { recordOf, setRecord } from "../../base/request-record.ts";
import { inheritClientOf } from "../client.ts";
import { sendProblem } from "../problem.ts";
import { upgradeBytes } from "../upgrade-bytes.ts";
import { toLines } from "./forward-answer.ts";
import { Exchange, forwardRequest, whyNot } from "./forward-request.ts";
import { hasBody } from "./forwarded-fields.ts";
import type { Forwarding } from "./forwarding.ts";

/** How much a client may send before the server has switched protocols. */
const MAX_EARLY = 64 * 1024;
/** How long a client may be silent in the middle of a body. */
const SILENT_MS = 300_000;

/**
 * Forwards an upgrade over a connection of its own. When the server switches protocols, both sides are joined, each
 * with its own end; any other answer is relayed, and the connection closed.
 */
export function forwardUpgrade(forwarding: Forwarding, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on("error", noop); // Node has taken its own listener away
  if (socket.destroyed) return;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.on("finish", () => socket.end(() => socket.destroy()));
  const problem = whyNot(forwarding, request);
  if (problem !== undefined) {
    sendProblem(request, response, problem);
    return;
  }
  const early = new EarlyBytes(socket, head, () => exchange.endRequest());
  const exchange = new Exchange(forwarding, request, response, (connection, answer, joined) => {
    response.detachSocket(socket as never);
    const more = `Upgrade: ${answer.upgrade ?? request.headers.upgrade}\r\nConnection: Upgrade\r\n`;
    socket.write(toLines(answer, more), "latin1");
    const first = connection.giveAway();
    if (first !== undefined) socket.write(first);
    joined.active += 1;
    connection.socket.on("close", () => {
      joined.active -= 1;
    });
    join(socket, connection.socket);
    early.giveTo(connection.socket);
  });
  exchange.start();
}

/**
 * Whether a request that asks for an upgrade is better served without one: its body would have to come first, or it
 * asks for `h2c`, which a proxy must not pass on (RFC 9113 section 3.1, RFC 9110 section 7.8).
 */
export function isPlain(request: IncomingMessage): boolean {
  return hasBody(request) || /(?:^|[\s,])h2c(?:$|[\s,])/i.test(request.headers.upgrade ?? "");
}

/**
 * Reads a connection again whose upgrade is ignored, as a usual request, the last one; with a server that never listens.
 * The request that it reads is believed as the one before it.
 */
export function createPlainDoor(
  forwarding: Forwarding,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const server = createServer({ requireHostHeader: false });
  const upgrades = new WeakMap<object, IncomingMessage>();
  for (const event of ["request", "checkContinue", "checkExpectation"]) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      const upgrade = upgrades.get(socket);
      response.shouldKeepAlive = false;
      if (upgrade === undefined) return; // it came after the last one
      upgrades.delete(socket);
      inheritClientOf(request, upgrade);
      const record = recordOf(upgrade);
      if (record !== undefined) {
        setRecord(request, record);
        giveRequestId(request, record.id);
        response.setHeader("X-Request-Id", record.id);
      }
      socket.setTimeout(SILENT_MS, () => request.complete || socket.destroy());
      forwardRequest(forwarding, request, response);
    });
  }
  return (request, socket, head) => {
    upgrades.set(socket, request);
    socket.unshift(upgradeBytes(request, head));
    server.emit("connection", socket);
  };
}

/**
 * What a client sends before the server has switched protocols. It must wait: a server that does not switch would
 * read it as another request, which nobody here has seen.
 */
class EarlyBytes {
  readonly #socket: Duplex;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(socket: Duplex, head: Buffer, ended: () => void) {
    this.#socket = socket;
    this.#hold(head);
    socket.on("data", this.#hold).on("end", () => this.#length === 0 && ended());
  }

  giveTo(target: Duplex): void {
    this.#socket.off("data", this.#hold);
    for (const part of this.#parts) target.write(part);
    this.#socket.resume();
    if (this.#socket.readableEnded) target.end();
  }

  readonly #hold = (part: Buffer): void => {
    if (part.length > 0) this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > MAX_EARLY) this.#socket.pause();
  };
}

/** Passes bytes on in both directions, and each end by itself. When one side breaks, so does the other. */
function join(client: Duplex, server: Duplex): void {
  client.on("close", () => breaks(client) && server.destroy());
  server.on("close", () => breaks(server) && client.destroy());
  client.pipe(server);
  server.pipe(client);
}

/** Whether a side that has closed has not just ended. */
function breaks(side: Duplex): boolean {
  return side.errored !== null || !side.readableEnded;
}
