import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Operation, sleep } from "effection";
import { noop } from "../base/operations.ts";
import { noteOutcome, recordOf } from "../base/request-record.ts";
import { type Problem, problemBytes } from "../server/problem.ts";
import { badRequest } from "./problem.ts";

/** What is known of one client connection. */
interface Connection {
  /** Answers that are not finished. With pipelining there can be several; Node sends them in order. */
  owed: number;
  /** The newest request. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** The end is decided: what arrives from now on is not served, and `run` is called when no more than `owed` are. */
  last: { owed: number; run: () => void } | undefined;
  /** Requests that are held until the answers before theirs are sent, in order. */
  held: { response: ServerResponse; run: () => void }[] | undefined;
  /** For the check of silent bodies. */
  bytesRead: number;
  silentSince: number;
}

/** Where a socket carries its connection: a look-up for every request would cost more. */
const CONNECTION: unique symbol = Symbol("effection-switchboard.connection");
type ClientSocket = Duplex & { [CONNECTION]?: Connection; bytesRead?: number };

const LINGER_MS = 500;

/** So many requests of one connection are held. Answers that are not sent would have Node stop reading; these have none. */
const MAX_HELD = 100;

/** The client connections of a switchboard: what each is owed, and how a bad one ends. */
export class Connections {
  readonly #sockets = new Set<ClientSocket>();

  /** How many are open, upgraded ones included. */
  get size(): number {
    return this.#sockets.size;
  }

  add(socket: ClientSocket): void {
    socket[CONNECTION] = {
      owed: 0,
      request: undefined,
      response: undefined,
      last: undefined,
      held: undefined,
      bytesRead: 0,
      silentSince: 0,
    };
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  /** Notes that an answer is owed. `false` when the connection is about to end: then nobody serves the request. */
  owe(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = connectionOf(request.socket);
    if (connection.last !== undefined) return false;
    connection.owed += 1;
    connection.request = request;
    connection.response = response;
    return true;
  }

  /** Notes that an answer is finished, or can never be. */
  settle(response: ServerResponse): void {
    const connection = connectionOf(response.req.socket);
    connection.owed -= 1;
    const [next] = connection.held ?? [];
    if (next?.response.socket) {
      // Node has made it the next one. Not at once: the app of this response has yet to hear that it has closed.
      connection.held?.shift();
      queueMicrotask(next.run);
    }
    if (connection.last !== undefined && connection.owed <= connection.last.owed) connection.last.run();
  }

  /**
   * Runs `run` when every answer before `response`, which waits for them, is sent; never when the connection ends first.
   * `false` when as many are held as may.
   */
  afterEarlier(response: ServerResponse, run: () => void): boolean {
    const connection = connectionOf(response.req.socket);
    connection.held ??= [];
    if (connection.held.length === MAX_HELD) return false;
    connection.held.push({ response, run });
    return true;
  }

  /** Nothing that arrives after `request` on its connection is served: it may have been smuggled in. */
  condemn(request: IncomingMessage): void {
    connectionOf(request.socket).last ??= { owed: 0, run: noop };
  }

  /** Runs `next` when every answer owed on `socket` is finished; never when the connection is about to end. */
  afterOwed(socket: Socket, next: () => void): void {
    const connection = connectionOf(socket);
    if (connection.last !== undefined) return;
    const run = () => {
      connection.last = undefined;
      if (socket.destroyed) return; // cut, or the client has left
      socket.setTimeout(0); // Node has set its keep-alive timeout after the last answer
      next();
    };
    if (connection.owed > 0) connection.last = { owed: 0, run };
    else next();
  }

  /**
   * Ends a connection whose bytes Node cannot parse. Answers that are owed to the requests before are finished
   * first; a request that breaks off in the middle of its body gets the refusal as its own answer.
   */
  refuse(error: Error & { code?: string }, socket: ClientSocket): void {
    const connection = connectionOf(socket);
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    if (connection.last !== undefined) return;
    const inBody = connection.request?.complete === false;
    if (inBody && connection.owed === 0) {
      socket.destroy(); // the app has answered without waiting for the body: nothing is owed
      return;
    }
    const owed = inBody ? 1 : 0;
    const run = () => {
      const problem = toProblem(error);
      if (inBody && connection.request !== undefined) noteRefusal(connection.request, problem);
      if (inBody && connection.response?.headersSent) socket.destroy();
      else end(socket, problem);
      connection.last = { owed: -1, run: noop };
    };
    connection.last = { owed, run };
    if (connection.owed <= owed) run();
  }

  /** Ends, for as long as it runs, connections whose client owes the rest of a body and sends nothing for `ms`. */
  *endSilent(ms: number): Operation<never> {
    for (;;) {
      yield* sleep(Math.max(1, ms / 10));
      const now = performance.now();
      for (const socket of this.#sockets) {
        if (isSilent(socket, now, ms)) this.refuse(SILENT_BODY, socket);
      }
    }
  }

  /** Ends every connection, now. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

const SILENT_BODY: Error & { code?: string } = Object.assign(new Error("the body stopped arriving"), {
  code: "ERR_HTTP_REQUEST_TIMEOUT",
});

/** The refusal is the answer of a request whose body broke off. */
function noteRefusal(request: IncomingMessage, { status, code }: Problem): void {
  const record = recordOf(request);
  if (record === undefined) return;
  record.status ??= status;
  noteOutcome(request, "refused", code);
}

/** Sends the last answer, and closes when the client has, or a little later: closing at once could reset what was sent. */
function end(socket: Duplex, problem: Problem): void {
  socket.end(problemBytes(problem));
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on("close", () => clearTimeout(linger));
}

function connectionOf(socket: ClientSocket): Connection {
  return socket[CONNECTION] as Connection;
}

function isSilent(socket: ClientSocket, now: number, ms: number): boolean {
  const connection = connectionOf(socket);
  const { request } = connection;
  const bytesRead = socket.bytesRead ?? 0;
  // What lies unread is the app's delay, not the client's.
  const waits = request?.complete === false && request.readableLength === 0;
  if (!waits || bytesRead !== connection.bytesRead) {
    connection.bytesRead = bytesRead;
    connection.silentSince = now;
    return false;
  }
  return now - connection.silentSince >= ms;
}

function toProblem({ code }: Error & { code?: string }): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, code: "TOO_MANY_FIELDS", detail: "the head of the request is larger than 16 KiB" };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, code: "BODY_REFUSED", detail: "the chunk extensions of the body are too large" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, code: "REQUEST_TIMEOUT", detail: "the rest of the request did not arrive in time" };
    default:
      return badRequest("this is no HTTP/1.1 request");
  }
}

/** More requests of one connection wait for the answers before theirs than are held. */
export function tooManyHeld(hostname: string): Problem {
  const detail = `${MAX_HELD} requests wait for others on their connection; send fewer at once`;
  return { status: 503, code: "QUEUE_FULL", detail, hostname };
}
