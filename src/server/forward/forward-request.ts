import type { IncomingMessage, ServerResponse } from "node:http";
import { noop } from "../../base/operations.ts";
import { type Problem, sendProblem } from "../problem.ts";
import { hasBudget } from "../response-budget.ts";
import { type Caller, Dialling } from "./dialling.ts";
import { Answer, cut, toLines } from "./forward-answer.ts";
import {
  badAnswer,
  closedProblem,
  ForwardFailure,
  type ForwardPhase,
  loopProblem,
  toForwardProblem,
} from "./forward-failure.ts";
import { hasBody, isLooping, toRequestHead } from "./forwarded-fields.ts";
import type { Forwarding } from "./forwarding.ts";
import { RequestBody } from "./request-body.ts";
import type { ResponseHead } from "./response-head.ts";
import type { Connection, Occupant } from "./upstream-connection.ts";

/** Takes over when the server has switched protocols: the one to which `forwarding` forwards. */
export type Switched = (connection: Connection, head: ResponseHead, forwarding: Forwarding) => void;

/** RFC 9110 section 9.2.2: asking twice is the same as asking once. */
const IDEMPOTENT: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** Forwards a request, or says why not. */
export function forwardRequest(forwarding: Forwarding, request: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed || request.socket.destroyed) return;
  const problem = whyNot(forwarding, request);
  if (problem === undefined) new Exchange(forwarding, request, response).start();
  else sendProblem(request, response, problem);
}

/** Why a request is not forwarded. */
export function whyNot({ closed, hostname, pseudonym }: Forwarding, request: IncomingMessage): Problem | undefined {
  if (closed) return closedProblem(hostname);
  return isLooping(request, pseudonym) ? loopProblem(hostname) : undefined;
}

/** One request on its way to a server, until its answer has gone back. */
export class Exchange implements Occupant, Caller {
  #forwarding: Forwarding;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #switched: Switched | undefined;
  readonly #requestHead: string;
  readonly #body: RequestBody | undefined;
  #retryable: boolean;
  #dialling: Dialling | undefined;
  #connection: Connection | undefined;
  #sentAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #halfClosed = false;
  #answer: Answer | undefined;
  #trailers: string[] | undefined;
  #done = false;

  /** @param switched takes over when the server switches protocols; without it that is no valid answer. */
  constructor(forwarding: Forwarding, request: IncomingMessage, response: ServerResponse, switched?: Switched) {
    this.#forwarding = forwarding;
    this.#request = request;
    this.#response = response;
    this.#switched = switched;
    this.#requestHead = toRequestHead(request, forwarding, switched !== undefined);
    this.#body = hasBody(request) ? new RequestBody(request) : undefined;
    this.#retryable = switched === undefined && this.#body === undefined && IDEMPOTENT.has(request.method);
  }

  /** Sends the request, over a connection that is kept or a new one. An upgrade takes its connection with it: a new one. */
  start(): void {
    this.#forwarding.active += 1;
    const response: HeldResponse = this.#response;
    response[EXCHANGE] = this;
    response.on("close", clientLeft).on("error", noop);
    // A pipelined response that waits for its turn has no socket yet, and never closes when the client leaves.
    if (response.socket === null) watchSocket(response, () => this.clientLeft());
    const kept = this.#switched === undefined ? this.#forwarding.upstream.take(this.#retryable) : undefined;
    if (kept === undefined) this.#dial();
    else this.connected(kept);
  }

  /** The client has ended its side of a connection that is to be upgraded. */
  endRequest(): void {
    this.#halfClosed = true;
    this.#connection?.socket.end();
  }

  drained(): void {
    this.#body?.resume();
  }

  interim(head: ResponseHead): void {
    const { socket } = this.#response;
    if (this.#request.httpVersionMinor === 0) return;
    if (head.status !== 100) {
      if (socket?.writable) socket.write(toLines(head), "latin1");
    } else if (this.#request.headers.expect !== undefined) {
      this.#response.writeContinue(); // or Node takes the answer for a refusal, after which the connection ends
    }
  }

  head(head: ResponseHead): void {
    if (head.status === 101 && this.#switched === undefined) throw badAnswer("it switches protocols unasked");
    const { socket } = this.#connection as Connection;
    this.#answer = new Answer(this.#response, head, socket);
    this.#arm(this.#forwarding.idleTimeoutMs);
  }

  body(part: Buffer): void {
    this.#answer?.body(part);
  }

  end(trailers: string[]): void {
    this.#trailers = trailers;
  }

  flush(): void {
    const answer = this.#answer;
    if (this.#done || answer === undefined) return;
    if (answer.head.status === 101) this.#switch(answer.head);
    else if (this.#trailers === undefined) answer.flush();
    else this.#finish(answer, this.#trailers);
  }

  lost(error: Error | undefined): void {
    if (this.#done) return;
    const { answered } = this.#connection as Connection;
    if (error instanceof ForwardFailure) {
      this.#fail(this.#answer === undefined ? "headers" : "body", error);
    } else if (this.#answer !== undefined) {
      const message = describe("in the middle of its answer", error);
      this.#fail("body", new ForwardFailure("ANSWER_CUT", message, error));
    } else {
      const message = describe("before it had answered", error);
      const failure = new ForwardFailure("NO_ANSWER", message, error);
      if (this.#retryable && !answered && !this.#forwarding.closed) this.#dial(failure);
      else this.#fail(this.#body?.sent === false ? "request" : "headers", failure);
    }
  }

  /** @internal The response has closed. */
  clientLeft(): void {
    if (this.#done) return;
    this.#settle();
    this.#dialling?.cancel();
    this.#connection?.destroy();
  }

  /** @internal The timer has run out: the exchange ends if the server was silent for all of `ms`, and it was its turn. */
  expired(ms: number): void {
    const answer = this.#answer;
    const since = answer?.activeAt ?? Math.max(this.#sentAt, this.#body?.sentAt ?? 0);
    const clientsTurn = answer?.paused ?? this.#body?.waitsForClient ?? false;
    const leftMs = clientsTurn ? ms : since + ms - performance.now();
    if (leftMs > 0) this.#arm(ms, leftMs);
    else if (answer === undefined) {
      this.#fail("headers", new ForwardFailure("RESPONSE_TIMEOUT", `the server did not answer within ${ms} ms`));
    } else {
      this.#fail("body", new ForwardFailure("ANSWER_CUT", `the server was silent for ${ms} ms in its answer`));
    }
  }

  moved(to: Forwarding): void {
    this.#forwarding.active -= 1;
    this.#forwarding = to;
    to.active += 1;
  }

  connected(connection: Connection): void {
    this.#dialling = undefined;
    this.#connection = connection;
    connection.carry(this.#request.method as string, this);
    connection.socket.write(this.#requestHead, "latin1");
    this.#body?.sendTo(connection.socket);
    if (this.#halfClosed) connection.socket.end();
    this.#sentAt = performance.now();
    this.#arm(hasBudget(this.#response) ? Number.POSITIVE_INFINITY : this.#forwarding.responseTimeoutMs);
  }

  unconnected(phase: ForwardPhase, failure: ForwardFailure): void {
    this.#fail(phase, failure);
  }

  /** @param failure why it is sent again. If it cannot be, this is what has failed: the request may have ended its server. */
  #dial(failure?: ForwardFailure): void {
    if (failure !== undefined) this.#retryable = false;
    const response = this.#switched === undefined ? this.#response : undefined;
    this.#dialling = new Dialling(this.#forwarding, this.#request, response, this, failure);
    this.#dialling.start();
  }

  #finish(answer: Answer, trailers: string[]): void {
    const connection = this.#connection as Connection;
    const { keepAlive, keepAliveMs, body } = answer.head;
    this.#settle();
    const isWhole = body !== "close" && this.#body?.sent !== false;
    if (keepAlive && isWhole && this.#switched === undefined) connection.release(keepAliveMs);
    else connection.destroy();
    answer.end(trailers);
  }

  #switch(head: ResponseHead): void {
    this.#settle();
    this.#switched?.(this.#connection as Connection, head, this.#forwarding);
  }

  #fail(phase: ForwardPhase, failure: ForwardFailure): void {
    const { hostname, closed, failed } = this.#forwarding;
    this.#settle();
    this.#connection?.destroy();
    if (!closed) failed(this.#switched === undefined || phase === "connect" ? phase : "upgrade", failure);
    if (this.#answer?.begun) cut(this.#response);
    else
      sendProblem(
        this.#request,
        this.#response,
        closed ? closedProblem(hostname) : toForwardProblem(failure, hostname),
      );
  }

  /** Nothing happens from now on, whatever the server or the client does. */
  #settle(): void {
    this.#done = true;
    this.#forwarding.active -= 1;
    clearTimeout(this.#timer);
    this.#body?.drop();
  }

  #arm(ms: number, leftMs: number = ms): void {
    clearTimeout(this.#timer);
    if (ms !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(expire, leftMs, this, ms);
  }
}

/** Where a response carries its exchange: one listener for all of them, instead of a closure for each. */
const EXCHANGE: unique symbol = Symbol("effection-switchboard.exchange");
type HeldResponse = ServerResponse & { [EXCHANGE]?: Exchange };

function clientLeft(this: HeldResponse): void {
  this[EXCHANGE]?.clientLeft();
}

function expire(exchange: Exchange, ms: number): void {
  exchange.expired(ms);
}

function watchSocket(response: ServerResponse, left: () => void): void {
  const { socket } = response.req;
  socket.setMaxListeners(0); // one for each response that waits
  socket.on("close", left);
  response.on("close", () => socket.off("close", left));
}

function describe(when: string, error: Error | undefined): string {
  return `the server closed the connection ${when}${error === undefined ? "" : ` (${error.message})`}`;
}
