import type { Server } from "node:http";
import { type Future, type Operation, type Scope, scoped, type Task, withResolvers } from "effection";
import type { Express } from "express";
import { SwitchboardError, toError } from "../base/errors.ts";
import { finishesWithin, noop, toFuture } from "../base/operations.ts";
import { LONGEST_DELAY_MS } from "../base/options.ts";
import type { AppFactory } from "../server/app.ts";
import type { AppServer } from "../server/app-server.ts";
import { closedUnexpectedly, type OpenedServer, openServer } from "../server/express-server.ts";
import type { ServerEvent, StopReason } from "./events.ts";
import type { Idler } from "./eviction.ts";
import type { Ports } from "./ports.ts";

/**
 * A server that runs for a hostname.
 *
 * **Lifetime.** One object for each run of a server. It stays as it is when the server stops: `pool.get` says whether
 * it still runs.
 *
 * **Failure.** None of its own. A crash of the server ends `task` and is an `error` event of the pool.
 */
export interface ServerInfo {
  /** The routing name it runs for. */
  hostname: string;
  /** Its own port, on 127.0.0.1. */
  port: number;
  /** What the app factory made; another request listener, if it made no Express app. */
  app: Express;
  /** Hand it requests by emitting `request` or `upgrade`, or connect to its port: both are counted alike. */
  server: Server;
  /** The life of the server: halt it to stop the server. */
  task: Task<void>;
  /** When it began to listen. */
  startedAt: Date;
}

/**
 * Where a hostname's server is in its life.
 *
 * **Lifetime.** Each server goes through them in this order, once; a start that fails goes straight to `stopping`.
 * `stopping` covers every way down, also a crash, until the port is free again; what is gone is no longer listed.
 *
 * **Failure.** None: a failure is an `error` event, not a state.
 */
export type EntryState = "starting" | "running" | "stopping" | "gone";

/** What an entry needs of its pool. */
export interface EntryHost {
  readonly scope: Scope;
  readonly app: AppFactory;
  readonly host: string;
  readonly ports: Ports;
  readonly startTimeoutMs: number;
  graceMs(): number;
  emit(event: ServerEvent): void;
  /** Throws `BACKING_OFF` while a failure forbids to start `hostname`. */
  checkBackoff(hostname: string): void;
  /** The server listens: requests can be given to it. */
  running(entry: Entry, info: ServerInfo): void;
  /** The entry has begun to stop: no request is given to it any more. */
  leaving(entry: Entry): void;
  /** Remembers a failure. */
  failed(entry: Entry, error: Error): { failures: number; delayMs: number };
  /** The entry has ended: its port is free, nothing of it is left. */
  gone(entry: Entry): void;
}

/**
 * One hostname's life as a supervised cell: waits for whom it follows, starts, runs, drains, is gone.
 *
 * **Lifetime.** One task on the pool's scope, from `start` until `gone` resolves. **Failure.** Whatever fails
 * inside, it ends this entry only: it is reported as an `error` event, and a joiner's `ready` rejects.
 */
export class Entry implements Idler {
  readonly hostname: string;
  state: EntryState = "starting";
  info: ServerInfo | undefined;
  server: AppServer | undefined;
  /** Settles when the server listens, or never will. All joiners share it. */
  readonly ready: Future<ServerInfo>;
  /** Resolves when the entry has ended. */
  readonly gone: Future<void>;
  /** When it began to run, on the clock of `performance.now()`. */
  runningSince = 0;

  /** It has not begun: others have to be gone first. */
  waiting = false;

  readonly #host: EntryHost;
  readonly #end = withResolvers<void>();
  #task: Task<void> | undefined;
  #port: number | undefined;
  #begun = false;
  #stopAsked = false;
  #gaveUp = false;
  #resolveReady!: (info: ServerInfo) => void;
  #rejectReady!: (error: Error) => void;
  #resolveGone!: () => void;

  constructor(hostname: string, host: EntryHost) {
    this.hostname = hostname;
    this.#host = host;
    this.ready = toFuture(
      new Promise((resolve, reject) => {
        this.#resolveReady = resolve;
        this.#rejectReady = reject;
      }),
    );
    this.ready.catch(noop); // a failed start is an event; nobody has to wait for it
    this.gone = toFuture(
      new Promise((resolve) => {
        this.#resolveGone = resolve;
      }),
    );
  }

  /** Starts as soon as `others` are gone: two servers of one hostname, or more servers than allowed, never run at once. */
  start(others: readonly Entry[]): void {
    const { hostname } = this;
    this.waiting = others.length > 0;
    this.#host.emit({ type: "starting", hostname });
    this.#task = this.#host.scope.run(() => this.#live(others));
    if (this.#begun && this.#stopAsked) this.#halt(); // its own factory stopped it, before there was a task to halt
  }

  /** Asks the server to stop, once; the first reason counts. Returns what resolves when it is gone. */
  stop(reason: StopReason): Future<void> {
    if (!this.#stopAsked && this.state !== "gone") {
      this.#stopAsked = true;
      this.#leave();
      this.#host.emit({ type: "stopping", hostname: this.hostname, reason });
      if (this.info === undefined) this.#cancelStart();
      else this.#end.resolve();
    }
    return this.gone;
  }

  #cancelStart(): void {
    this.#rejectReady(this.#stoppedEarly()); // at once: the app's cleanup may take long
    // Before it has begun, `#live` sees it: a task that is halted before that never runs, not even its `finally`.
    if (this.#begun) this.#halt();
  }

  idleSince(): number | undefined {
    const inFlight = this.state === "running" ? this.server?.inFlight : undefined;
    return inFlight?.isIdle ? inFlight.idleSince : undefined;
  }

  *#live(others: readonly Entry[]): Operation<void> {
    let thrown: unknown;
    this.#begun = true;
    try {
      if (!this.#stopAsked) yield* scoped(() => this.#serve(others));
    } catch (error) {
      thrown = error;
    } finally {
      this.#finish(thrown);
    }
  }

  *#serve(others: readonly Entry[]): Operation<void> {
    if (this.waiting) yield* this.#waitFor(others);
    const { startTimeoutMs } = this.#host;
    const budget = setTimeout(() => this.#giveUp(), startTimeoutMs);
    try {
      const opened = yield* this.#open();
      if (this.#stopAsked) return;
      this.#run(opened);
    } finally {
      clearTimeout(budget);
    }
    yield* this.#end.operation;
  }

  #open(): Operation<OpenedServer> {
    const { app, host, ports } = this.#host;
    const { hostname } = this;
    const choice = ports.search();
    return openServer({
      app,
      hostname,
      host,
      ports: {
        take: () => {
          this.#port = choice.take();
          return this.#port;
        },
        busy: (port) => {
          this.#port = undefined;
          choice.busy(port);
        },
      },
      limits: () => ({ graceMs: this.#host.graceMs(), lingerMs: 0 }),
      failed: (error) => this.#report(error),
      stopping: () => this.#leave(),
      drained: ({ requestsCut: requests, socketsCut: sockets }) => {
        if (requests + sockets > 0) this.#host.emit({ type: "cut", hostname, requests, sockets });
      },
    });
  }

  #run({ app, server, port }: OpenedServer): void {
    const { hostname } = this;
    server.on("close", () => {
      if (this.state === "running") this.#end.reject(closedUnexpectedly(hostname));
    });
    this.#port = port;
    this.server = server;
    const task = this.#task as Task<void>;
    this.info = { hostname, port, app: app as Express, server, task, startedAt: new Date() };
    this.runningSince = performance.now();
    this.state = "running";
    this.#host.running(this, this.info);
    this.#host.emit({ type: "started", hostname, port });
    this.#resolveReady(this.info);
  }

  *#waitFor(others: readonly Entry[]): Operation<void> {
    const { hostname } = this;
    const limitMs = Math.min(this.#host.graceMs() + this.#host.startTimeoutMs, LONGEST_DELAY_MS);
    const inTime = yield* finishesWithin(limitMs, function* () {
      for (const entry of others) yield* entry.gone;
    });
    if (!inTime) {
      const message = `"${hostname}" waited ${limitMs} ms in vain for "${others[0]?.hostname}" to stop; see why its cleanup takes so long`;
      throw new SwitchboardError("START_TIMEOUT", message, { hostname });
    }
    this.waiting = false;
    this.#host.checkBackoff(this.hostname); // one of the others may have been this hostname, and have crashed
  }

  /** From now on no request is given to this server. */
  #leave(): void {
    if (this.state === "stopping") return;
    this.state = "stopping";
    this.#host.leaving(this);
  }

  #halt(): void {
    this.#task?.halt().catch((error: unknown) => this.#report(toError(error)));
  }

  #report(error: Error): void {
    this.#host.emit({ type: "error", hostname: this.hostname, error, message: error.message });
  }

  /** The start budget is used up: who waits hears of it now, not after a cleanup that may take long. */
  #giveUp(): void {
    if (this.#stopAsked) return;
    const { hostname } = this;
    const { startTimeoutMs } = this.#host;
    const message = `"${hostname}" was not ready within ${startTimeoutMs} ms; see why its app takes so long, or raise startTimeoutMs`;
    this.#leave();
    this.#gaveUp = true;
    this.#failStart(new SwitchboardError("START_TIMEOUT", message, { hostname }));
    this.#halt();
  }

  /** The one place where an entry ends. Synchronous, because it runs in a `finally`. */
  #finish(thrown: unknown): void {
    const { info } = this;
    this.#leave();
    this.state = "gone";
    if (this.#port) this.#host.ports.give(this.#port);
    this.#host.gone(this);
    if (info !== undefined) this.#finishRun(thrown);
    else if (this.#isRefusal(thrown)) this.#rejectReady(thrown);
    else if (this.#gaveUp || this.#stopAsked || thrown === undefined) {
      if (thrown !== undefined) this.#report(toError(thrown)); // its cleanup failed
      this.#rejectReady(this.#stoppedEarly());
    } else {
      this.#failStart(toError(thrown));
    }
    this.#resolveGone();
  }

  #finishRun(thrown: unknown): void {
    const { hostname } = this;
    if (thrown !== undefined) this.#report(toError(thrown));
    // Remembered before anybody hears of the stop: a listener that starts it again has to wait, too.
    const backoff = thrown === undefined || this.#stopAsked ? undefined : this.#host.failed(this, toError(thrown));
    this.#host.emit({ type: "stopped", hostname });
    if (backoff !== undefined) this.#host.emit({ type: "backing-off", hostname, ...backoff });
  }

  #failStart(cause: Error): void {
    const { hostname } = this;
    this.#report(cause);
    const backoff = this.#host.failed(this, cause);
    this.#host.emit({ type: "backing-off", hostname, ...backoff });
    const timedOut = cause instanceof SwitchboardError && cause.code === "START_TIMEOUT";
    const code = timedOut ? "START_TIMEOUT" : "START_FAILED";
    const message = timedOut ? cause.message : `"${hostname}" could not start: ${cause.message}`;
    this.#rejectReady(new SwitchboardError(code, message, { hostname, cause, retryAfterMs: backoff.delayMs }));
  }

  #stoppedEarly(): SwitchboardError {
    const { hostname } = this;
    return new SwitchboardError("START_STOPPED", `"${hostname}" was stopped before it was ready`, { hostname });
  }

  /** Not a failure of the server: it was not to be started. */
  #isRefusal(thrown: unknown): thrown is SwitchboardError {
    if (!(thrown instanceof SwitchboardError) || thrown.hostname !== this.hostname) return false;
    return thrown.code === "DECLINED" || thrown.code === "BACKING_OFF";
  }
}
