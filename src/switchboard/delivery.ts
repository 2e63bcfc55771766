import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SwitchboardError, toError } from "../base/errors.ts";
import type { ServerInfo } from "../pool/server-info.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { Faults } from "../resilience/faults.ts";
import { type Problem, refuseUpgrade } from "../server/problem.ts";
import type { Admission } from "./admission.ts";
import { type Fault, strike } from "./fault.ts";
import { beginResponse, excuse } from "./guard.ts";
import { handoff, type RequestEvent } from "./handoff.ts";
import { toProblem } from "./problem.ts";
import { noteAdmission, noteDelivery, noteReady } from "./recorder.ts";
import { isNavigation, waitingPage, waitLongerMs } from "./waiting-page.ts";

/** What delivery needs of its switchboard. */
export interface DeliveryHost {
  readonly pool: ServerPool;
  readonly admission: Admission;
  readonly faults: Faults<Fault>;
  /** Whether responses may hold something of a guard: where none does, none is asked. */
  readonly guarded: boolean;
  /** How long somebody who opens a page looks at nothing while its server starts. */
  readonly waitingPageMs: number;
  /** Answers a request with `problem`. */
  refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void;
  /** No app takes this upgrade: it is treated as a usual request. */
  takePlainly(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The switchboard itself failed. */
  failed(hostname: string, error: Error): void;
}

/** Why there is no server yet, when that is no failure of its own: no circuit breaker counts these. */
const NO_FAILURES: ReadonlySet<string> = new Set([
  "POOL_FULL",
  "POOL_BUSY",
  "POOL_CLOSED",
  "START_STOPPED",
  "STARTING",
]);

/** The way of a request from its hostname to its server: admission, faults, the pool, handoff. */
export class Delivery {
  readonly #host: DeliveryHost;

  constructor(host: DeliveryHost) {
    this.#host = host;
  }

  /** `again`: it was delivered as an upgrade, which no app took. */
  request(
    hostname: string,
    event: RequestEvent,
    request: IncomingMessage,
    response: ServerResponse,
    again: boolean,
  ): void {
    const { ask, askAgain } = this.#host.admission;
    const check = again ? askAgain : ask;
    const verdict = check?.(hostname, request, response);
    if (verdict === undefined) this.#let(hostname, event, request, response, again);
    else if (!(verdict instanceof Promise)) this.#host.refuse(request, response, verdict);
    else {
      void verdict.then((problem) => {
        noteAdmission(request);
        if (problem === undefined) this.#let(hostname, event, request, response, again);
        else this.#host.refuse(request, response, problem);
      });
    }
  }

  async upgrade(hostname: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { admission, faults } = this.#host;
    const refuse = (problem: Problem) => refuseUpgrade(request, socket, problem);
    const problem = await admission.ask?.(hostname, request, undefined);
    noteAdmission(request);
    const deliver = () => this.#giveUpgrade(hostname, request, socket, head);
    if (request.socket.destroyed) return;
    if (problem !== undefined) refuse(problem);
    else if (faults.size === 0) deliver();
    else strike(faults, hostname, { request, response: undefined, again: false, refuse, deliver });
  }

  #let(
    hostname: string,
    event: RequestEvent,
    request: IncomingMessage,
    response: ServerResponse,
    again: boolean,
  ): void {
    const { faults } = this.#host;
    if (request.socket.destroyed) return; // nobody is there to be answered, and nothing would count it
    if (faults.size === 0) this.#give(hostname, event, request, response);
    else {
      strike(faults, hostname, {
        request,
        response,
        again,
        refuse: (problem) => this.#host.refuse(request, response, problem),
        deliver: () => this.#give(hostname, event, request, response),
      });
    }
  }

  #give(hostname: string, event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    const info = this.#host.pool.get(hostname);
    if (info !== undefined) {
      this.#handOver(info, event, request, response);
    } else {
      const refuse = (problem: Problem) => {
        if (NO_FAILURES.has(problem.code)) excuse(response);
        this.#host.refuse(request, response, problem);
      };
      void this.#holdVisibly(hostname, request, (started) => this.#handOver(started, event, request, response), refuse);
    }
  }

  #handOver(info: ServerInfo, event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    noteDelivery(request, info);
    if (this.#host.guarded) beginResponse(response);
    handoff(info.server, event, request, response);
  }

  #giveUpgrade(hostname: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const giveIt = (info: ServerInfo) => {
      const { server } = info;
      if (server.listenerCount("upgrade") === 0) {
        this.#host.takePlainly(request, socket, head);
        return;
      }
      noteDelivery(request, info);
      server.emit("upgrade", request, socket, head);
      // The client has sent its end while it was held, when nobody listened: the app hears of it now.
      if (socket.readableEnded) setImmediate(() => socket.emit("end"));
    };
    void this.#hold(hostname, request, giveIt, (problem) => refuseUpgrade(request, socket, problem));
  }

  /** {@link #hold}; somebody who looks at a browser meanwhile sees that the server starts. */
  #holdVisibly(
    hostname: string,
    request: IncomingMessage,
    done: (info: ServerInfo) => void,
    refuse: (problem: Problem) => void,
  ): Promise<void> {
    const { pool, waitingPageMs } = this.#host;
    if (waitingPageMs === Number.POSITIVE_INFINITY || !isNavigation(request)) {
      return this.#hold(hostname, request, done, refuse);
    }
    let open = true;
    const close = () => {
      clearTimeout(timer);
      request.socket.off("close", close);
      const wasOpen = open;
      open = false;
      return wasOpen;
    };
    const show = () => close() && refuse(waitingPage(hostname, pool));
    let timer = setTimeout(() => {
      timer = setTimeout(show, waitLongerMs(hostname, pool, waitingPageMs));
    }, waitingPageMs);
    request.socket.on("close", close);
    return this.#hold(
      hostname,
      request,
      (info) => close() && done(info),
      (problem) => close() && refuse(problem),
    );
  }

  /** Has a server started, and calls `done` at the very moment in which it runs; nothing when the client has left. */
  async #hold(
    hostname: string,
    request: IncomingMessage,
    done: (info: ServerInfo) => void,
    refuse: (problem: Problem) => void,
  ): Promise<void> {
    const { pool, failed } = this.#host;
    let end: ServerInfo | Problem | undefined;
    while (end === undefined && !request.socket.destroyed) {
      try {
        end = pool.get(hostname);
        if (end === undefined) await pool.getOrCreate(hostname);
      } catch (error) {
        if (this.#startsAgain(hostname, error)) continue;
        if (!(error instanceof SwitchboardError)) failed(hostname, toError(error));
        end = toProblem(error, hostname);
      }
    }
    noteReady(request);
    if (end === undefined || request.socket.destroyed) return;
    if ("server" in end) done(end);
    else refuse(end);
  }

  /** The start it waited for was stopped, and somebody has begun another one: a file of the app has changed, say. */
  #startsAgain(hostname: string, error: unknown): boolean {
    if (!(error instanceof SwitchboardError) || error.code !== "START_STOPPED") return false;
    return this.#host.pool.inspect().servers.some((row) => row.hostname === hostname && row.state === "starting");
  }
}
