import type { Socket } from "node:net";
import { ForwardFailure } from "./forward-failure.ts";
import { type Attempt, dial, type Endpoint } from "./forward-target.ts";
import { Connection, type Keeper } from "./upstream-connection.ts";

/** How long an idle connection is kept where the server does not say. Node's own servers keep it for 5 s. */
const KEEP_MS = 4_000;
/** So much earlier than the server: a request may be on its way when it closes. */
const MARGIN_MS = 1_000;
const MAX_KEEP_MS = 60_000;
/** A request that cannot be sent twice takes no connection that has been idle for longer: it might be closing. */
const FRESH_MS = 1_000;
const MAX_IDLE = 256;
const SWEEP_MS = 1_000;
/**
 * When a server that refuses connections is dialled once more: most programs that start their listener anew, such as dev
 * servers whose configuration has changed, are back by then, and nobody minds to hear of an outage this much later.
 */
const REDIAL_MS = 500;

/** The connections to one server: those that carry a request, and those that are kept for the next one. */
export class Upstream implements Keeper {
  readonly #endpoint: Endpoint;
  readonly #connectTimeoutMs: number;
  readonly #sockets = new Set<Socket>();
  readonly #attempts = new Set<Attempt>();
  /** The newest last: it is taken first, and the others may expire. */
  #idle: Connection[] = [];
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #closed: (() => void) | undefined;
  /** It was dialled once more in vain, or has ended, and no connection was made since. */
  #isDown = false;
  /** The last dial was in vain. */
  #wasRefused = false;
  readonly #reached: () => void;

  /** @param reached hears of the first connection after one that could not be made. */
  constructor(endpoint: Endpoint, connectTimeoutMs: number, reached: () => void) {
    this.#endpoint = endpoint;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#reached = reached;
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

  /** Whether it is worth dialling once more: in an outage that lasts, each request is dialled for once only. */
  get mayRecover(): boolean {
    return !this.#isDown && this.#closed === undefined;
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
      if (result instanceof Error) {
        this.#wasRefused = true;
        done(result);
      } else {
        done(this.#add(result));
      }
    });
    this.#attempts.add(attempt);
    return () => {
      this.#attempts.delete(attempt);
      attempt.cancel();
    };
  }

  /** Dials a new connection, a little later. */
  connectLater(done: (result: Connection | ForwardFailure) => void): () => void {
    const dialNow = () => {
      this.#attempts.delete(pause);
      cancel = this.connect((result) => {
        if (result instanceof ForwardFailure) this.#isDown = true;
        done(result);
      });
    };
    const stop = () => {
      this.#attempts.delete(pause);
      clearTimeout(timer);
    };
    const timer = setTimeout(dialNow, REDIAL_MS);
    const pause: Attempt = {
      cancel: stop,
      fail(why) {
        stop();
        done(new ForwardFailure("CONNECT_FAILED", why));
      },
    };
    this.#attempts.add(pause);
    let cancel = stop;
    return () => cancel();
  }

  /** The server has ended: nobody waits for it any more. Connections that are open stay. */
  gone(): void {
    this.#isDown = true;
    for (const attempt of this.#attempts) attempt.fail("the server has ended");
  }

  /** For as long as the server will. */
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

  forget(connection: Connection): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Ends every connection, now, and calls `closed` when all are gone. */
  close(closed: () => void): void {
    this.#closed = closed;
    clearTimeout(this.#sweep);
    for (const attempt of this.#attempts) attempt.fail("the forwarder has closed");
    for (const socket of this.#sockets) socket.destroy();
    if (this.#sockets.size === 0) closed();
  }

  #add(socket: Socket): Connection {
    this.#isDown = false;
    if (this.#wasRefused) {
      this.#wasRefused = false;
      this.#reached();
    }
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
