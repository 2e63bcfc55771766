import type { Socket } from "node:net";
import { toError } from "../base/errors.ts";
import type { ForwardFailure } from "./forward-failure.ts";
import { type Attempt, dial, type Endpoint } from "./forward-target.ts";
import { readOn } from "./read-on.ts";
import { ResponseParser, type ResponseReader } from "./response-parser.ts";

/** One request and its answer, as its connection sees them. */
export interface Occupant extends ResponseReader {
  /** All that has come for now was read. */
  flush(): void;
  /** There is room for more of the request. */
  drained(): void;
  /** The connection has ended before the answer had, or what came is no answer. */
  lost(error: Error | undefined): void;
}

/** How long an idle connection is kept where the server does not say. Node's own servers keep it for 5 s. */
const KEEP_MS = 4_000;
/** So much earlier than the server: a request may be on its way when it closes. */
const MARGIN_MS = 1_000;
const MAX_KEEP_MS = 60_000;
/** A request that cannot be sent twice takes no connection that has been idle for longer: it might be closing. */
const FRESH_MS = 1_000;
const MAX_IDLE = 256;
const SWEEP_MS = 1_000;

/** The connections to one server: those that carry a request, and those that are kept for the next one. */
export class Upstream {
  readonly #endpoint: Endpoint;
  readonly #connectTimeoutMs: number;
  readonly #sockets = new Set<Socket>();
  readonly #attempts = new Set<Attempt>();
  /** The newest last: it is taken first, and the others may expire. */
  #idle: Connection[] = [];
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #closed: (() => void) | undefined;

  constructor(endpoint: Endpoint, connectTimeoutMs: number) {
    this.#endpoint = endpoint;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  get open(): number {
    return this.#sockets.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get connecting(): number {
    return this.#attempts.size;
  }

  /** A connection that is kept, if there is one. It is the caller's until it calls `keep`, or it closes. */
  take(retryable: boolean): Connection | undefined {
    const now = performance.now();
    for (;;) {
      const connection = this.#idle.at(-1);
      if (connection === undefined) return undefined;
      if (!retryable && now - connection.idleSince > FRESH_MS) return undefined;
      this.#idle.pop();
      if (now < connection.keptUntil && !connection.socket.destroyed) return connection;
      connection.destroy();
    }
  }

  /** Dials a new connection; see {@link dial}. */
  connect(done: (result: Connection | ForwardFailure) => void): () => void {
    const attempt = dial(this.#endpoint, this.#connectTimeoutMs, (result) => {
      this.#attempts.delete(attempt);
      done(result instanceof Error ? result : this.#add(result));
    });
    this.#attempts.add(attempt);
    return () => {
      this.#attempts.delete(attempt);
      attempt.cancel();
    };
  }

  /** Keeps a connection for the next request, for as long as the server will. */
  keep(connection: Connection, keepAliveMs: number | undefined): void {
    const ms = keepAliveMs === undefined ? KEEP_MS : Math.min(keepAliveMs - MARGIN_MS, MAX_KEEP_MS);
    if (ms <= 0 || this.#idle.length >= MAX_IDLE || this.#closed !== undefined) {
      connection.destroy();
      return;
    }
    connection.idleSince = performance.now();
    connection.keptUntil = connection.idleSince + ms;
    this.#idle.push(connection);
    if (this.#sweep === undefined) this.#armSweep();
  }

  /** A kept connection has closed. */
  forget(connection: Connection): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Ends every connection, now, and calls `closed` when all are gone. */
  close(closed: () => void): void {
    this.#closed = closed;
    clearTimeout(this.#sweep);
    for (const attempt of this.#attempts) attempt.fail();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#sockets.size === 0) closed();
  }

  #add(socket: Socket): Connection {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#closed?.();
    });
    return new Connection(socket, this);
  }

  #armSweep(): void {
    this.#sweep = setTimeout(() => {
      this.#sweep = undefined;
      const now = performance.now();
      const [expired, kept] = [
        this.#idle.filter((c) => c.keptUntil <= now),
        this.#idle.filter((c) => c.keptUntil > now),
      ];
      this.#idle = kept;
      for (const connection of expired) connection.destroy();
      if (kept.length > 0) this.#armSweep();
    }, SWEEP_MS).unref();
  }
}

/** A connection to a server, which carries one request after the other. */
export class Connection {
  readonly socket: Socket;
  idleSince = 0;
  keptUntil = 0;
  /** Whether it has carried a request before. */
  reused = false;
  /** Whether a byte of the answer has come. */
  answered = false;
  readonly #upstream: Upstream;
  readonly #parser = new ResponseParser();
  #occupant: Occupant | undefined;
  readonly #undoReadOn: () => void;
  #error: Error | undefined;
  #listeners: [string, (...args: never[]) => void][];

  constructor(socket: Socket, upstream: Upstream) {
    this.socket = socket;
    this.#upstream = upstream;
    this.#undoReadOn = readOn(socket);
    this.#listeners = [
      ["data", (chunk: Buffer) => this.#read(chunk)],
      ["drain", () => this.#occupant?.drained()],
      ["end", () => this.#ended()],
      ["close", () => this.#lose()],
    ];
    socket.on("error", (error) => {
      this.#error = error;
    });
    for (const [event, listener] of this.#listeners) socket.on(event, listener as (...args: unknown[]) => void);
  }

  /** Carries the request of `occupant` from now on, and reads the answer to it. */
  carry(method: string, occupant: Occupant): void {
    this.#occupant = occupant;
    this.answered = false;
    this.#parser.expect(method, occupant);
  }

  /** The answer has ended: kept for the next request if the server allows it, and nothing more than the answer came. */
  release(keepAliveMs: number | undefined): void {
    this.#occupant = undefined;
    if (this.#parser.surplus !== undefined || this.socket.destroyed || this.socket.readableEnded) {
      this.destroy();
      return;
    }
    this.reused = true;
    this.socket.resume();
    this.#upstream.keep(this, keepAliveMs);
  }

  /** Gives the socket away, with what came after the head of an upgrade. */
  giveAway(): Buffer | undefined {
    this.#occupant = undefined;
    this.#undoReadOn();
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener as (...args: unknown[]) => void);
    return this.#parser.surplus;
  }

  /** Ends the connection; whoever it carries hears nothing more. */
  destroy(): void {
    this.#occupant = undefined;
    this.#parser.stop();
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    const occupant = this.#occupant;
    if (occupant === undefined) {
      this.socket.destroy(); // nobody has asked for anything
      return;
    }
    this.answered = true;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      occupant.lost(toError(error));
      return;
    }
    occupant.flush();
  }

  #ended(): void {
    this.#parser.finish();
    this.#occupant?.flush();
    this.socket.destroy();
  }

  #lose(): void {
    this.#upstream.forget(this);
    const occupant = this.#occupant;
    this.#occupant = undefined;
    this.#parser.stop();
    occupant?.lost(this.#error);
  }
}
