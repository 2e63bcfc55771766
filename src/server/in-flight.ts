import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { action, type Operation } from "effection";

/** Told, synchronously, when work begins and ends. */
export interface InFlightWatcher {
  /** Something is in flight again. */
  busy?(): void;
  /** Nothing is in flight any more. */
  idle?(): void;
  /** This response has closed: sent to the end, or cut. */
  closed?(response: ServerResponse): void;
}

/**
 * What a server is busy with: requests whose response has not closed, and upgraded sockets that are open.
 *
 * A request counts until its response *closes*, not until it ends: until then bytes may be on their way.
 * The listeners are made once per instance, so that counting a request allocates nothing.
 */
export class InFlight {
  readonly requests: Set<ServerResponse> = new Set();
  readonly sockets: Set<Duplex> = new Set();
  readonly #watcher: InFlightWatcher;
  readonly #onResponseClose: (this: ServerResponse) => void;
  readonly #onSocketClose: (this: Duplex) => void;
  #waiting: (() => void)[] = [];

  constructor(watcher: InFlightWatcher) {
    const inFlight = this;
    this.#watcher = watcher;
    this.#onResponseClose = function () {
      inFlight.#release(this);
    };
    this.#onSocketClose = function () {
      inFlight.removeSocket(this);
    };
  }

  get size(): number {
    return this.requests.size + this.sockets.size;
  }

  /** Counts a request until its response closes. */
  addRequest(response: ServerResponse): void {
    if (this.requests.has(response)) return;
    if (this.size === 0) this.#watcher.busy?.();
    this.requests.add(response);
    response.on("close", this.#onResponseClose);
    // A pipelined response that waits for its turn has no socket yet, and never closes when the client leaves.
    if (response.socket === null) this.#releaseWith(response.req.socket, response);
  }

  /** Counts an upgraded socket until it closes. */
  addSocket(socket: Duplex): void {
    if (this.sockets.has(socket) || socket.destroyed) return;
    if (this.size === 0) this.#watcher.busy?.();
    this.sockets.add(socket);
    socket.on("close", this.#onSocketClose);
  }

  /** No longer counts a socket. */
  removeSocket(socket: Duplex): void {
    if (this.sockets.delete(socket)) this.#checkIdle();
  }

  /** Returns when nothing is in flight. Not bounded: the caller sets the deadline. */
  whenIdle(): Operation<void> {
    if (this.size === 0) return ready();
    return action((resolve) => {
      const listener = () => resolve();
      this.#waiting.push(listener);
      return () => {
        this.#waiting = this.#waiting.filter((other) => other !== listener);
      };
    }, "in flight until idle");
  }

  /** Ends everything that is in flight, now, by destroying its socket; says how much of it was not gone already. */
  cut(): { requests: number; sockets: number } {
    const requests = [...this.requests].filter(({ req }) => !req.socket.destroyed);
    const sockets = [...this.sockets].filter((socket) => !socket.destroyed);
    for (const { req } of requests) req.socket.destroy();
    for (const socket of sockets) socket.destroy();
    return { requests: requests.length, sockets: sockets.length };
  }

  #releaseWith(socket: Duplex, response: ServerResponse): void {
    const release = () => this.#release(response);
    socket.setMaxListeners(0); // one for each response that waits
    socket.on("close", release);
    response.on("close", () => socket.off("close", release));
  }

  #release(response: ServerResponse): void {
    if (!this.requests.delete(response)) return;
    this.#watcher.closed?.(response);
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.size > 0) return;
    this.#watcher.idle?.();
    for (const listener of this.#waiting) listener();
  }
}

function* ready(): Operation<void> {}
