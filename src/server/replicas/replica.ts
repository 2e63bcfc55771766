import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ensure, type Future, type Operation, type Scope, scoped, sleep, spawn, type Task } from "effection";
import { toError } from "../../base/errors.ts";
import { createSettled, noop } from "../../base/operations.ts";
import { recordOf } from "../../base/request-record.ts";
import type { Forwarder } from "../forward/forward.ts";
import type { ForwardErrorEvent } from "../forward/forward-failure.ts";
import type { Endpoint } from "../forward/forward-target.ts";
import type { Elsewhere } from "../forward/forwarding.ts";
import { InFlight } from "../in-flight.ts";
import type { DrainResult, PortChoice } from "../listen.ts";
import { LogRing } from "../log-ring.ts";
import type { OutsideApp } from "../outside-app.ts";
import { keepChecking } from "./health-check.ts";
import type { HealthStatus } from "./health-status.ts";
import { replicaNotReady, replicaStopped } from "./replica-errors.ts";
import { ReplicaHealth } from "./replica-health.ts";
import type { ReplicaState } from "./replica-inspection.ts";
import type { ReplicaOwner, Restarts } from "./replica-owner.ts";
import { openRun, type Run } from "./replica-run.ts";
import type { Candidate } from "./strategies.ts";

/** What a replica needs of its group. */
export interface ReplicaHost {
  readonly app: OutsideApp;
  readonly hostname: string;
  readonly owner: ReplicaOwner;
  /** The output of all of them. */
  readonly log: LogRing;
  /** The server runs: from now on a start is that of one replica only. */
  readonly isOpen: boolean;
  graceMs(): number;
  forwardFailed(event: ForwardErrorEvent): void;
  drained(result: DrainResult): void;
  /** Whether one more replica may be left out. */
  mayEject(): boolean;
  /** It runs, and gets requests. */
  joined(replica: Replica): void;
  healthChanged(replica: Replica, from: HealthStatus, to: HealthStatus, reason: string): void;
  /** Another one that takes over what could not be sent to this one, if there is one that was not tried. */
  instead(of: Replica, ...given: Parameters<Elsewhere>): Replica | undefined;
  /** It has ended by itself, or could not start. Returns how long until it starts again; `undefined` is never. */
  lost(replica: Replica, restarts: Restarts, error: Error): number | undefined;
}

/**
 * One of the servers that share the requests of a hostname: opened, checked and watched, and opened again when it ends.
 *
 * **Lifetime.** One task, from `start` until `halt` returns; each run drains before it stops.
 *
 * **Failure.** None reaches its owner: `started` rejects when its first start fails, and its host hears of every failure.
 */
export class Replica implements Candidate {
  readonly id: number;
  readonly health: ReplicaHealth;
  state: ReplicaState = "starting";
  /** Where it listens, or did last. */
  endpoint: Endpoint | undefined;
  /** It has run, or has failed to. */
  isKnown = false;
  readonly #host: ReplicaHost;
  readonly #restarts: Restarts;
  readonly #own: InFlight;
  /** While it is alone, what its server is given is what it is given: counting that again would cost as much as a header. */
  #server: InFlight | undefined;
  #forwarder: Forwarder | undefined;
  #task: Task<void> | undefined;
  #isHalted = false;
  /** What comes after the failure of this run. */
  #loss: { retryMs: number | undefined } | undefined;
  readonly #started = createSettled<void>();

  /** @param server what the server is given, if it is the only replica of it. */
  constructor(id: number, host: ReplicaHost, server: InFlight | undefined) {
    this.id = id;
    this.#host = host;
    this.#restarts = host.owner.restarts();
    this.health = new ReplicaHealth(host.owner.settings, {
      mayEject: () => host.mayEject(),
      changed: (from, to, reason) => host.healthChanged(this, from, to, reason),
    });
    this.#server = server;
    this.#own = new InFlight((response) => this.health.answered(response), noop);
  }

  /** Settles when it runs for the first time, or never will. */
  get started(): Future<void> {
    return this.#started.future;
  }

  get inFlight(): number {
    const { requests, sockets } = this.#inFlight;
    return requests + sockets;
  }

  get weight(): number {
    return this.health.weight;
  }

  get #inFlight(): InFlight {
    return this.#server ?? this.#own;
  }

  /** From now on it is not alone, and counts for itself what it has and gets. */
  share(): void {
    if (this.#server !== undefined) this.#own.addAll(this.#server);
    this.#server = undefined;
  }

  start(scope: Scope): void {
    this.#task = scope.run(() => this.#live());
  }

  /** Drains, and stops. Returns when it is gone. */
  *halt(): Operation<void> {
    this.#isHalted = true;
    if (this.#task !== undefined) yield* this.#task.halt();
  }

  /** Gives it a request. It counts until its response closes. */
  request(request: IncomingMessage, response: ServerResponse): void {
    this.#note(request);
    if (this.#server === undefined) this.#own.addRequest(response);
    this.#forwarder?.request(request, response);
  }

  /** Gives it an upgrade. It counts until its socket closes. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#note(request);
    if (this.#server === undefined) this.#own.addSocket(socket);
    this.#forwarder?.upgrade(request, socket, head);
  }

  #note(request: IncomingMessage): void {
    const record = recordOf(request);
    if (record === undefined) return;
    record.replica = this.id;
    record.port = this.endpoint?.port;
  }

  *#live(): Operation<void> {
    try {
      for (;;) {
        const error = yield* this.#serve();
        // A halt that comes while `scoped` tears down a failed run is lost: what comes after it goes on.
        if (this.#isHalted) return;
        const { retryMs } = this.#lose(error);
        if (retryMs === undefined) return;
        yield* sleep(retryMs);
        this.#loss = undefined;
        this.#restarts.began();
        this.state = "starting";
      }
    } finally {
      this.#started.reject(replicaStopped(this.#host.hostname, this.id));
    }
  }

  /** One run. Returns why it has ended. */
  *#serve(): Operation<Error> {
    try {
      return yield* scoped(() => this.#run());
    } catch (thrown) {
      return toError(thrown);
    }
  }

  *#run(): Operation<never> {
    const { owner, log, isOpen } = this.#host;
    const claim = owner.claimPort();
    yield* ensure(claim.release);
    const run = isOpen ? yield* this.#openInTurn(claim) : yield* this.#open(claim, log, owner.notYet);
    try {
      yield* this.#join(run);
      return yield* run.ended;
    } catch (error) {
      this.#lose(toError(error)); // now, not after the drain: it gets no more requests
      run.forwarder.gone();
      throw error;
    } finally {
      this.health.left();
    }
  }

  /** A start that is not that of the whole server: it waits for its turn, and has a deadline of its own. */
  *#openInTurn(claim: PortChoice): Operation<Run> {
    const { app, hostname, owner, log } = this.#host;
    const turn = owner.turn();
    yield* ensure(turn.leave);
    yield* turn.take();
    const own = new LogRing();
    yield* ensure(own.listen((line) => line.complete && log.add(line)));
    const ms = owner.startTimeoutMs(app.kind);
    let why: string | undefined;
    const deadline = yield* spawn(function* late() {
      yield* sleep(ms);
      throw replicaNotReady(hostname, ms, why, own);
    });
    const run = yield* this.#open(claim, own, (reason) => {
      why = reason;
    });
    yield* deadline.halt();
    turn.leave();
    return run;
  }

  #open(ports: PortChoice, log: LogRing, notYet: (why: string) => void): Operation<Run> {
    const { app, hostname, owner, graceMs, drained } = this.#host;
    return openRun({
      app,
      hostname,
      ports,
      log,
      graceMs,
      drained,
      health: owner.settings.health,
      inFlight: () => this.#inFlight,
      failsHealth: owner.failsHealth,
      notYet,
      forwardFailed: (event) => {
        this.health.brokeOff(event.phase);
        this.#host.forwardFailed(event);
      },
      reached: () => this.health.reached(),
      elsewhere: (request, response) => {
        this.health.unreachable();
        const other = this.#host.instead(this, request, response);
        if (other === undefined) return undefined;
        other.#note(request);
        this.#own.giveTo(other.#own, request.socket, response);
        return other.#forwarder?.forwarding;
      },
    });
  }

  *#join({ forwarder, endpoint, check }: Run): Operation<void> {
    const { health } = this.#host.owner.settings;
    this.#forwarder = forwarder;
    this.endpoint = endpoint;
    this.state = "running";
    this.isKnown = true;
    this.#restarts.ran();
    this.health.joined();
    if (health !== false) yield* spawn(() => keepChecking(check, health.intervalMs, (why) => this.health.checked(why)));
    this.#host.joined(this);
    this.#started.resolve();
  }

  /** Once for each run: it has failed, and its host says what comes next. */
  #lose(error: Error): { retryMs: number | undefined } {
    if (this.#loss === undefined) {
      this.isKnown = true;
      this.#loss = { retryMs: undefined };
      this.#loss = { retryMs: this.#host.lost(this, this.#restarts, error) };
      this.#started.reject(error);
    }
    return this.#loss;
  }
}
