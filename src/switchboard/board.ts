import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Operation } from "effection";
import type { Express } from "express";
import { finishesWithin, noop } from "../base/operations.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import { Faults } from "../resilience/faults.ts";
import { type ClientOf, createClientOf, setClientOf } from "../server/client.ts";
import { InFlight } from "../server/in-flight.ts";
import { drain } from "../server/listen.ts";
import { type Problem, refuseUpgrade, sendProblem } from "../server/problem.ts";
import { upgradeBytes } from "../server/upgrade-bytes.ts";
import { createAdmission } from "./admission.ts";
import { guardHead } from "./answer-head.ts";
import { Connections, tooManyHeld } from "./connections.ts";
import { Delivery } from "./delivery.ts";
import { shortestTimeoutMs } from "./delivery-config.ts";
import type { Fault } from "./fault.ts";
import { createFrontDoor, type FrontDoor, type MakeOwnApp, type OwnApp } from "./front-door.ts";
import { leaveGuard } from "./guard.ts";
import { createGuards, type Guards } from "./guards.ts";
import type { RequestEvent } from "./handoff.ts";
import { createRouter, domainToTell, isRoute, OWN_HOST } from "./hostname.ts";
import { badRequest, SHUTTING_DOWN } from "./problem.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { endSlowResponses, type TimedOut } from "./response-timeouts.ts";
import { MAX_FIELDS, screen } from "./screen.ts";
import type { SwitchboardSettings } from "./settings.ts";
import { createStatusApp, isOwnPath } from "./status.ts";

/** While it drains: how long a connection between two requests stays open, so that a request on its way is answered. */
const LINGER_MS = 100;

/** How long connections that are destroyed may take to say that they are closed. */
const CLOSING_MS = 1_000;

/** The front door: what each request and upgrade meets, in order, until it is delivered or refused; see `useSwitchboard`. */
export class Board {
  readonly server: Server;
  readonly app: Express;
  readonly #own: OwnApp;
  /** Where people look at a hostname; `undefined` where nothing is shown to them. */
  readonly #lookAt: ((hostname: string) => string) | undefined;
  readonly connections: Connections = new Connections();
  readonly faults: Faults<Fault> = new Faults<Fault>();
  readonly guards: Guards | undefined;
  /** Takes over connections whose upgrade no app wants: the same bytes are a usual request to it. */
  readonly #plain: Server;
  readonly #settings: SwitchboardSettings;
  readonly #pool: ServerPool;
  readonly #route: ReturnType<typeof createRouter>;
  /** The rule about proxies, where there is one. */
  readonly #clientOf: ClientOf | undefined;
  readonly #recorder: Recorder | undefined;
  readonly #delivery: Delivery;
  readonly #inFlight = new InFlight((response) => this.#closed(response), noop);
  #draining = false;

  constructor(settings: SwitchboardSettings, pool: ServerPool, makeOwn: MakeOwnApp) {
    this.#settings = settings;
    this.#pool = pool;
    this.#route = createRouter(settings);
    if (settings.trustedProxies.length > 0) this.#clientOf = createClientOf(settings.trustedProxies);
    this.#recorder = createRecorder(settings.observer, this.#clientOf);
    const failed = (hostname: string, error: Error) => this.#report(hostname, error);
    this.guards = createGuards(settings);
    this.#delivery = new Delivery({
      pool,
      admission: createAdmission(settings, this.guards, failed),
      faults: this.faults,
      guarded: this.guards !== undefined,
      waitingPageMs: settings.waitingPageMs,
      refuse: (request, response, problem) => this.#refuse(request, response, problem),
      takePlainly: (request, socket, head) => this.#takePlainly(request, socket, head),
      failed,
    });
    const domain = domainToTell(settings.domains);
    const port = () => (this.server.address() as AddressInfo).port;
    const url = (hostname: string) => `http://${hostname}.${domain}:${port()}`;
    const door = createFrontDoor({ pool, url, draining: () => this.#draining }, this.faults, this.guards);
    const own = makeOwn(door);
    this.#own = own ?? createStatus(door);
    if (own !== undefined) this.#lookAt = (hostname) => `http://${OWN_HOST}:${port()}/#/services/${hostname}`;
    this.app = this.#own.app;
    this.server = this.#createServer();
    this.server.on("connection", (socket) => this.connections.add(socket));
    this.server.on("upgrade", (request, socket, head) => {
      socket.on("error", noop); // Node has taken its own listener away
      this.connections.afterOwed(request.socket, () => this.#takeUpgrade(request, socket, head));
    });
    // Node reports a failed accept, such as EMFILE, here; the server goes on listening.
    this.server.on("error", (error) => this.server.listening && this.#report(undefined, error));
    this.#plain = this.#createServer(false);
  }

  /** Ends, for as long as it runs, answers that take longer than they may; `undefined` when each may take for ever. */
  get endSlow(): (() => Operation<never>) | undefined {
    const shortestMs = shortestTimeoutMs(this.guards?.settings.all ?? []);
    if (shortestMs === Number.POSITIVE_INFINITY) return undefined;
    const timedOut: TimedOut = (hostname, waitedFor, afterMs) =>
      this.#settings.onEvent({ type: "timed-out", hostname, waitedFor, afterMs });
    return () => endSlowResponses(() => this.#inFlight.responses(), shortestMs, timedOut);
  }

  /** Drains; see {@link useSwitchboard}. */
  *close(): Operation<void> {
    const { onEvent, graceMs } = this.#settings;
    const since = performance.now();
    this.#draining = true;
    const { requests, sockets } = this.#inFlight;
    const starting = this.#pool.inspect().servers.filter(({ state }) => state === "starting");
    onEvent({ type: "draining", requests, sockets, starting: starting.map(({ hostname }) => hostname) });
    this.#own.close();
    for (const response of this.#inFlight.responses()) response.shouldKeepAlive = false;
    const lingerMs = this.connections.size > 0 ? Math.min(LINGER_MS, graceMs) : 0;
    const { finished, requestsCut, socketsCut } = yield* drain(this.server, this.#inFlight, { graceMs, lingerMs });
    this.connections.destroy();
    // What was cut closes a moment later; whoever observes has heard of it all when this ends.
    yield* finishesWithin(CLOSING_MS, () => this.#inFlight.whenIdle());
    const ms = Math.round(performance.now() - since);
    onEvent({ type: "drained", requestsFinished: finished, requestsCut, socketsCut, ms });
  }

  /** A server with all the listeners of the front door. */
  #createServer(keepsConnections = true): Server {
    const { keepAliveTimeoutMs, headTimeoutMs } = this.#settings;
    const server = createServer({
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: headTimeoutMs,
      requireHostHeader: false, // Node would answer without telling anyone; `screen` refuses these
      requestTimeout: 0, // it would limit a body that keeps arriving; silent ones end otherwise
      connectionsCheckingInterval: Math.min(5_000, headTimeoutMs),
    });
    server.maxHeadersCount = MAX_FIELDS;
    if (!keepsConnections) server.maxRequestsPerSocket = 1;
    for (const event of ["request", "checkContinue", "checkExpectation"] as const) {
      server.on(event, (request: IncomingMessage, response: ServerResponse) => {
        if (!keepsConnections) response.shouldKeepAlive = false;
        this.#take(event, request, response, !keepsConnections);
      });
    }
    server.on("connect", (request, socket) => {
      socket.on("error", noop); // Node has taken its own listener away
      const refuse = () => refuseUpgrade(request, socket, badRequest("CONNECT is not served here"));
      this.connections.afterOwed(request.socket, refuse);
    });
    server.on("clientError", (error, socket) => this.connections.refuse(error, socket));
    return server;
  }

  #take(event: RequestEvent, request: IncomingMessage, response: ServerResponse, again: boolean): void {
    if (!this.connections.owe(request, response)) return;
    guardHead(response);
    this.#inFlight.addRequest(response);
    if (this.#draining) response.shouldKeepAlive = false;
    const goal = this.#judge(request);
    if (goal !== undefined && !request.socket.destroyed) this.#recorder?.began(request, goal, again);
    if (goal === undefined) this.app(request, response);
    else if (typeof goal === "object") this.#refuse(request, response, goal);
    else if (response.socket !== null || !this.guards?.limitsConcurrency(goal)) {
      this.#delivery.request(goal, event, request, response, again);
    } else {
      // Pipelined: it would have its turn for as long as the client makes the answers before it last.
      const deliver = () => this.#delivery.request(goal, event, request, response, again);
      if (!this.connections.afterEarlier(response, deliver)) this.#refuse(request, response, tooManyHeld(goal));
    }
  }

  #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const goal = this.#judge(request);
    if (goal !== undefined) this.#recorder?.beganUpgrade(request, socket, goal);
    if (goal === undefined) this.#takePlainly(request, socket, head);
    else if (typeof goal === "object") refuseUpgrade(request, socket, goal);
    else {
      this.#inFlight.addSocket(socket);
      void this.#delivery.upgrade(goal, request, socket, head);
    }
  }

  /** Without `upgrade` listeners Node treats an upgrade as a usual request: the connection starts again as one. */
  #takePlainly(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#inFlight.removeSocket(socket);
    socket.unshift(upgradeBytes(request, head));
    this.#plain.emit("connection", socket);
  }

  /** The hostname a request is for; `undefined` for the switchboard's own app; or why it is served by nobody. */
  #judge(request: IncomingMessage): string | Problem | undefined {
    if (this.#clientOf !== undefined) setClientOf(request, this.#clientOf);
    const bad = screen(request);
    if (bad !== undefined) return bad;
    const route = this.#route(request);
    if (isOwnPath(request)) return undefined;
    if (!isRoute(route)) return route;
    if (route.to === "control") return undefined;
    return this.#draining ? SHUTTING_DOWN : route.hostname;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
    if (problem.status === 400 || problem.status === 431) {
      response.shouldKeepAlive = false;
      this.connections.condemn(request);
    }
    sendProblem(request, response, this.#withDashboard(problem));
  }

  /** Where more is to be seen, while it listens: afterwards there is no port to lead to. */
  #withDashboard(problem: Problem): Problem {
    const { hostname } = problem;
    if (hostname === undefined || this.#lookAt === undefined || this.#draining) return problem;
    return { ...problem, dashboard: this.#lookAt(hostname) };
  }

  #closed(response: ServerResponse): void {
    this.#recorder?.finished(response);
    if (this.guards !== undefined) leaveGuard(response);
    this.connections.settle(response);
  }

  #report(hostname: string | undefined, error: Error): void {
    this.#settings.onEvent({ type: "front-error", hostname, error, message: error.message });
  }
}

function createStatus(door: FrontDoor): OwnApp {
  return { app: createStatusApp(door), close: noop };
}
