import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { all, ensure, type Future, type Operation, resource, type Scope, type Task } from "effection";
import { firstLine, toError } from "../../base/errors.ts";
import { noop, toFuture, useTaskScope } from "../../base/operations.ts";
import type { ForwardErrorEvent } from "../forward/forward-failure.ts";
import { closedProblem } from "../forward/forward-failure.ts";
import type { Endpoint } from "../forward/forward-target.ts";
import type { InFlight } from "../in-flight.ts";
import type { DrainResult } from "../listen.ts";
import type { LogRing } from "../log-ring.ts";
import type { OutsideApp } from "../outside-app.ts";
import { type Problem, refuseUpgrade, sendProblem } from "../problem.ts";
import { type Balancer, createBalancer } from "./balancer.ts";
import { type HealthStatus, together } from "./health-status.ts";
import { Replica, type ReplicaHost } from "./replica.ts";
import { unhealthyProblem } from "./replica-errors.ts";
import type { ReplicaInspection } from "./replica-inspection.ts";
import type { ReplicaEvent, ReplicaOwner, Restarts } from "./replica-owner.ts";

/** What a group of replicas needs. */
export interface ReplicaGroupSettings {
  app: OutsideApp;
  hostname: string;
  owner: ReplicaOwner;
  log: LogRing;
  /** What the server is given. */
  inFlight: InFlight;
  graceMs(): number;
  forwardFailed(event: ForwardErrorEvent): void;
  drained(result: DrainResult): void;
  /** A cleanup failed. */
  failed(error: Error): void;
  /** No replica is left: the server has crashed. */
  crashed(error: Error): void;
}

/**
 * The servers that share the requests of a hostname, at least one.
 *
 * **Lifetime.** That of the caller. Ready when the first of them can answer; the others start then. At the end all stop, in
 * parallel.
 *
 * **Failure.** Throws why the first one cannot start. Later one that ends is started again while others run; when no other
 * one runs, `crashed` is told.
 */
export function useReplicas(settings: ReplicaGroupSettings): Operation<ReplicaGroup> {
  return resource(function* (provide) {
    const scope = yield* useTaskScope();
    const group = new ReplicaGroup(settings, scope);
    yield* ensure(() => group.close());
    yield* group.open();
    yield* provide(group);
  });
}

/** See {@link useReplicas}. */
export class ReplicaGroup implements ReplicaHost {
  readonly app: OutsideApp;
  readonly hostname: string;
  readonly owner: ReplicaOwner;
  readonly log: LogRing;
  readonly graceMs: () => number;
  readonly forwardFailed: (event: ForwardErrorEvent) => void;
  readonly drained: (result: DrainResult) => void;
  isOpen = false;
  readonly #settings: ReplicaGroupSettings;
  readonly #scope: Scope;
  readonly #balancer: Balancer;
  /** By their numbers. */
  #replicas: Replica[] = [];
  /** Those that a request can be given to: kept, because each request asks. */
  #choice: readonly Replica[] = [];
  /** Those that could not be connected to, for a request that waits for one that can. */
  readonly #tried = new WeakMap<IncomingMessage, readonly Replica[]>();
  #address: Endpoint | undefined;
  #health: HealthStatus = "healthy";
  #crash: Error | undefined;
  #closed = false;

  constructor(settings: ReplicaGroupSettings, scope: Scope) {
    const { app, hostname, owner, log, graceMs, forwardFailed, drained } = settings;
    this.app = app;
    this.hostname = hostname;
    this.owner = owner;
    this.log = log;
    this.graceMs = graceMs;
    this.forwardFailed = forwardFailed;
    this.drained = drained;
    this.#settings = settings;
    this.#scope = scope;
    this.#balancer = createBalancer(owner.settings.balance);
  }

  /** How all of them together can answer. */
  get health(): HealthStatus {
    return this.#health;
  }

  /** Where the first of those listens that run. While none does, where that was. */
  get address(): Endpoint {
    return this.#address as Endpoint;
  }

  /** For `request`, `checkContinue` and `checkExpectation` of a server alike. */
  readonly request = (request: IncomingMessage, response: ServerResponse): void => {
    if (this.#choice.length > 0) this.#balancer(this.#choice, request, response).request(request, response);
    else sendProblem(request, response, this.#problem());
  };

  /** For `upgrade`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.#choice.length > 0) this.#balancer(this.#choice, request, undefined).upgrade(request, socket, head);
    else refuseUpgrade(request, socket, this.#problem());
  };

  /** Starts the first one; the others when that can answer. */
  *open(): Operation<void> {
    const first = this.#add(this.#settings.inFlight);
    yield* first.started;
    if (this.#crash !== undefined) throw this.#crash; // between its start and now
    this.#grow(this.owner.settings.replicas);
  }

  /** Stops all, in parallel. */
  *close(): Operation<void> {
    this.#closed = true;
    yield* all(this.#replicas.map((replica) => replica.halt()));
  }

  /**
   * So many from now on. Those that are too many drain and stop, those that do not run first. Resolves when they are gone
   * and the new ones can answer; rejects when a new one fails at its first start, which does not end its restarts.
   */
  scale(count: number): Future<void> {
    const leaving = this.#shrink(count);
    const joining = this.#grow(count);
    const done = Promise.all([...leaving, ...joining.map(({ started }) => started)]).then(noop);
    done.catch(noop); // nobody has to wait for it
    return toFuture(done);
  }

  inspect(): ReplicaInspection[] {
    return this.#replicas.map((replica) => ({
      id: replica.id,
      state: replica.state,
      health: statusOf(replica),
      inFlight: replica.inFlight,
      port: replica.endpoint?.port,
    }));
  }

  mayEject(): boolean {
    const running = this.#replicas.filter(({ state }) => state === "running");
    return 2 * (running.filter(({ health }) => health.isEjected).length + 1) <= running.length;
  }

  joined({ id, endpoint }: Replica): void {
    if (this.isOpen) this.#emit({ type: "replica-started", replica: id, port: (endpoint as Endpoint).port });
    this.isOpen = true;
    this.#changed(`replica ${id} has joined`);
  }

  healthChanged({ id }: Replica, from: HealthStatus, to: HealthStatus, reason: string): void {
    const isAlone = this.#replicas.length === 1; // then what is told of all says the same
    if (!isAlone) this.#emit({ type: "health", replica: id, from, to, reason });
    this.#changed(isAlone ? reason : `replica ${id}: ${reason}`);
  }

  instead(of: Replica, request: IncomingMessage, response: ServerResponse | undefined): Replica | undefined {
    const tried = [...(this.#tried.get(request) ?? []), of];
    this.#tried.set(request, tried);
    const others = this.#closed ? [] : this.#choice.filter((replica) => !tried.includes(replica));
    return others.length > 0 ? this.#balancer(others, request, response) : undefined;
  }

  lost(replica: Replica, restarts: Restarts, error: Error): number | undefined {
    if (this.#closed || !this.isOpen || replica.state === "stopping") return undefined;
    if (!this.#replicas.some((other) => other !== replica && other.state === "running")) {
      replica.state = "failed";
      this.#choice = [];
      this.#crash = error;
      this.#settings.crashed(error);
      return undefined;
    }
    const retryMs = restarts.failed();
    replica.state = retryMs === undefined ? "failed" : "backing-off";
    const { message } = error;
    this.#emit({ type: "replica-failed", replica: replica.id, error, message, retryAfterMs: retryMs });
    this.#changed(`replica ${replica.id}: ${firstLine(error)}`);
    return retryMs;
  }

  /** Starts as many as are missing. */
  #grow(count: number): Replica[] {
    const missing = Math.max(0, count - this.#replicas.filter(({ state }) => state !== "stopping").length);
    if (missing > 0) for (const replica of this.#replicas) replica.share();
    return Array.from({ length: missing }, () => this.#add(undefined));
  }

  #add(server: InFlight | undefined): Replica {
    const taken = new Set(this.#replicas.map(({ id }) => id));
    let id = 1;
    while (taken.has(id)) id += 1;
    const replica = new Replica(id, this, server);
    this.#replicas = [...this.#replicas, replica].sort((a, b) => a.id - b.id);
    replica.start(this.#scope);
    return replica;
  }

  /** Stops as many as are too many, and those that would not start again. Returns what resolves when they are gone. */
  #shrink(count: number): Task<void>[] {
    const failed = this.#replicas.filter(({ state }) => state === "failed");
    const others = this.#replicas.filter(({ state }) => state !== "failed" && state !== "stopping");
    const best = others.sort((a, b) => Number(b.state === "running") - Number(a.state === "running") || a.id - b.id);
    const leaving = [...failed, ...best.slice(count)];
    for (const replica of leaving) replica.state = "stopping";
    if (leaving.length > 0) this.#changed("fewer replicas were asked for");
    return leaving.map((replica) => this.#scope.run(() => this.#stop(replica)));
  }

  *#stop(replica: Replica): Operation<void> {
    try {
      yield* replica.halt();
    } catch (error) {
      this.#settings.failed(toError(error)); // its cleanup; thrown from here it would end the server
    }
    this.#replicas = this.#replicas.filter((other) => other !== replica);
    this.#emit({ type: "replica-stopped", replica: replica.id });
    this.#changed(`replica ${replica.id} has left`);
  }

  /** Who can be chosen, where the first is, and how all are together. */
  #changed(reason: string): void {
    const running = this.#replicas.filter(({ state }) => state === "running");
    this.#address = running[0]?.endpoint ?? this.#address;
    const up = running.filter(({ health }) => health.isUp);
    const well = up.filter(({ health }) => !health.isEjected);
    this.#choice = well.length > 0 ? well : up;
    const counted = this.#replicas.filter(({ state, isKnown }) => isKnown && state !== "stopping");
    const from = this.#health;
    this.#health = together(counted.map(statusOf)) ?? from;
    if (from !== this.#health) this.#emit({ type: "health", replica: undefined, from, to: this.#health, reason });
  }

  #problem(): Problem {
    const { health } = this.owner.settings;
    const runs = this.#replicas.some(({ state }) => state === "running");
    return runs && health !== false ? unhealthyProblem(this.hostname, health.intervalMs) : closedProblem(this.hostname);
  }

  #emit(event: WithoutHostname<ReplicaEvent>): void {
    if (!this.#closed) this.owner.emit({ ...event, hostname: this.hostname });
  }
}

type WithoutHostname<E> = E extends ReplicaEvent ? Omit<E, "hostname"> : never;

function statusOf({ state, health }: Replica): HealthStatus {
  return state === "running" || state === "stopping" ? health.status : "unhealthy";
}
