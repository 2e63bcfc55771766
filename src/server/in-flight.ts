import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { action, type Operation } from "effection";
import { noteOutcome } from "../base/request-record.ts";
import { markCut } from "./break-off.ts";

/**
 * What a server is busy with: requests whose response has not closed, and upgraded sockets that are open.
 *
 * A request counts until its response *closes*, not until it ends: until then bytes may be on their way.
 *
 * Made for many servers with little to do each: counting a single request allocates nothing, and touches this
 * object alone. A `Set` that is added to and deleted from would make a new table every few times, and each old table
 * keeps alive what comes after it: collecting garbage took a fifth of the time of asynchronous apps.
 */
export class InFlight {
  /** When it became idle, on the clock of `performance.now()`. */
  idleSince: number = performance.now();
  #request: ServerResponse | undefined;
  #moreRequests: ServerResponse[] | undefined;
  #sockets: Set<Duplex> | undefined;
  #waiting: (() => void)[] | undefined;
  readonly #closed: (response: ServerResponse) => void;
  /** @internal */
  readonly failed: (error: Error) => void;

  /**
   * @param closed hears, synchronously, of each response that has closed: sent to the end, or cut.
   * @param failed hears of errors on a response, such as a write after its end: nobody else may listen for them.
   */
  constructor(closed: (response: ServerResponse) => void, failed: (error: Error) => void) {
    this.#closed = closed;
    this.failed = failed;
  }

  get requests(): number {
    return (this.#request === undefined ? 0 : 1) + (this.#moreRequests?.length ?? 0);
  }

  get sockets(): number {
    return this.#sockets?.size ?? 0;
  }

  get isIdle(): boolean {
    return this.#request === undefined && this.requests + this.sockets === 0;
  }

  /** The responses that have not closed. */
  *responses(): Iterable<ServerResponse> {
    if (this.#request !== undefined) yield this.#request;
    yield* this.#moreRequests ?? [];
  }

  /** Counts what another one counts, too. */
  addAll(other: InFlight): void {
    for (const response of other.responses()) this.addRequest(response);
    for (const socket of other.#sockets ?? []) this.addSocket(socket);
  }

  /** Counts a request until its response closes. */
  addRequest(response: ServerResponse): void {
    const holder = response as HeldResponse;
    if (holder[INNER] === this || holder[OUTER] === this || this.#request === response) return;
    if (holder[OUTER] !== undefined && this.#moreRequests?.includes(response)) return;
    if (response.destroyed || response.req.socket.destroyed) return;
    if (this.#request === undefined) {
      this.#request = response;
    } else {
      this.#moreRequests ??= [];
      this.#moreRequests.push(response);
    }
    if (holder[OUTER] !== undefined) {
      response.on("close", () => this.release(response)); // given on once more, by an app
    } else {
      holder[OUTER] = holder[INNER];
      holder[INNER] = this;
      if (holder[OUTER] === undefined) response.on("close", releaseAll).on("error", reportError);
    }
    // A pipelined response that waits for its turn has no socket yet, and never closes when the client leaves.
    if (response.socket === null) this.#releaseWith(response.req.socket, response);
  }

  /** Counts an upgraded socket until it closes. */
  addSocket(socket: Duplex): void {
    if (this.#sockets?.has(socket) || socket.destroyed) return;
    this.#sockets ??= new Set();
    this.#sockets.add(socket);
    socket.on("close", () => this.removeSocket(socket));
  }

  /** No longer counts a socket. */
  removeSocket(socket: Duplex): void {
    if (this.#sockets?.delete(socket)) this.#checkIdle();
  }

  /** Another one counts this request, or the socket of this upgrade, from now on. */
  giveTo(other: InFlight, socket: Duplex, response: ServerResponse | undefined): void {
    if (this.#sockets?.has(socket)) {
      other.addSocket(socket);
      this.removeSocket(socket);
    } else if (response !== undefined) {
      other.addRequest(response);
      this.release(response);
    }
  }

  /** Returns when nothing is in flight. Not bounded: the caller sets the deadline. */
  whenIdle(): Operation<void> {
    if (this.isIdle) return nothing();
    return action((resolve) => {
      const listener = () => resolve();
      this.#waiting = [...(this.#waiting ?? []), listener];
      return () => {
        this.#waiting = this.#waiting?.filter((other) => other !== listener);
      };
    }, "in flight until idle");
  }

  /** Ends everything that is in flight, now, by destroying its socket; says how much of it was not gone already. */
  cut(): { requests: number; sockets: number } {
    const requests = [...this.responses()].filter(({ req }) => !req.socket.destroyed);
    const sockets = [...(this.#sockets ?? [])].filter((socket) => !socket.destroyed);
    for (const response of requests) {
      noteOutcome(response.req, "cut");
      markCut(response);
      response.req.socket.destroy();
    }
    for (const socket of sockets) {
      noteOutcome(socket, "cut");
      socket.destroy();
    }
    return { requests: requests.length, sockets: sockets.length };
  }

  #releaseWith(socket: Duplex, response: ServerResponse): void {
    const release = () => this.release(response);
    socket.setMaxListeners(0); // one for each response that waits
    socket.on("close", release);
    response.on("close", () => socket.off("close", release));
  }

  /** @internal */
  release(response: ServerResponse): void {
    if (this.#request === response) this.#request = undefined;
    else if (!this.#removeMore(response)) return;
    this.#closed(response);
    this.#checkIdle();
  }

  /** The newest are last, and most often the first to close; the last one takes the place. */
  #removeMore(response: ServerResponse): boolean {
    const more = this.#moreRequests;
    const at = more?.lastIndexOf(response) ?? -1;
    if (more === undefined || at === -1) return false;
    const last = more.pop() as ServerResponse;
    if (last !== response) more[at] = last;
    return true;
  }

  #checkIdle(): void {
    if (!this.isIdle) return;
    this.idleSince = performance.now();
    for (const listener of this.#waiting ?? []) listener();
  }
}

/**
 * Who counts a response: the server it was given to, and the switchboard that gave it. Properties and one shared
 * listener, because a listener for each server is two more objects that are not in the processor's cache.
 */
const INNER: unique symbol = Symbol("effection-switchboard.in-flight");
const OUTER: unique symbol = Symbol("effection-switchboard.in-flight.outer");
type HeldResponse = ServerResponse & { [INNER]?: InFlight | undefined; [OUTER]?: InFlight | undefined };

function releaseAll(this: HeldResponse): void {
  this[INNER]?.release(this);
  this[OUTER]?.release(this);
}

function reportError(this: HeldResponse, error: Error): void {
  this[INNER]?.failed(error);
}

function* nothing(): Operation<void> {}
