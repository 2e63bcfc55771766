import type { IncomingMessage, ServerResponse } from "node:http";
import { recordOf } from "../../base/request-record.ts";
import { ForwardFailure, type ForwardPhase } from "./forward-failure.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Connection } from "./upstream-connection.ts";

/** Who needs a new connection. */
export interface Caller {
  /** Another server takes the request over. */
  moved(to: Forwarding): void;
  connected(connection: Connection): void;
  /** There is none. */
  unconnected(phase: ForwardPhase, failure: ForwardFailure): void;
}

/**
 * The search for a new connection. When a server cannot be connected to, nothing of the request was sent, whatever its
 * method and its body: another one takes it over. Where there is none, it is dialled once more, a little later.
 *
 * Each server is dialled once, or the only one twice: an outage makes no storm, and needs no budget for it.
 *
 * **Lifetime.** From `start` until its caller is told, or `cancel`.
 *
 * **Failure.** Told to its caller: the first one, because the others only come from it.
 */
export class Dialling {
  #forwarding: Forwarding;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse | undefined;
  readonly #caller: Caller;
  #phase: ForwardPhase = "headers";
  #failure: ForwardFailure | undefined;
  #cancel: (() => void) | undefined;

  /**
   * @param response `undefined` for an upgrade.
   * @param failure of the connection before, where a request is sent again. Then the server that ended it is not waited for.
   */
  constructor(
    forwarding: Forwarding,
    request: IncomingMessage,
    response: ServerResponse | undefined,
    caller: Caller,
    failure: ForwardFailure | undefined,
  ) {
    this.#forwarding = forwarding;
    this.#request = request;
    this.#response = response;
    this.#caller = caller;
    this.#failure = failure;
  }

  start(): void {
    this.#cancel = this.#forwarding.upstream.connect(this.#done);
  }

  cancel(): void {
    this.#cancel?.();
  }

  readonly #done = (result: Connection | ForwardFailure): void => {
    const record = recordOf(this.#request);
    if (record !== undefined) record.connectedUs = record.elapsedUs();
    if (result instanceof ForwardFailure) this.#refused(result);
    else this.#caller.connected(result);
  };

  #refused(failure: ForwardFailure): void {
    const { upstream, elsewhere } = this.#forwarding;
    const isFirst = this.#failure === undefined;
    if (isFirst) this.#phase = "connect";
    this.#failure ??= failure;
    const other = elsewhere(this.#request, this.#response);
    if (other !== undefined) {
      this.#forwarding = other;
      this.#caller.moved(other);
      this.start();
    } else if (isFirst && failure.code === "CONNECT_FAILED" && upstream.mayRecover) {
      this.#cancel = upstream.connectLater(this.#done);
    } else {
      this.#caller.unconnected(this.#phase, this.#failure);
    }
  }
}
