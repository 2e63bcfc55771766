import { type Future, type Operation, scoped, type Task, withResolvers } from "effection";
import { type SwitchboardError, toError } from "../base/errors.ts";
import { createSettled, finishesWithin } from "../base/operations.ts";
import { LONGEST_DELAY_MS } from "../base/options.ts";
import { Turn } from "../resilience/turn.ts";
import type { AppServer } from "../server/app-server.ts";
import { openForwarding } from "../server/forwarding-server.ts";
import type { LogRing } from "../server/log-ring.ts";
import type { ReplicaGroup } from "../server/replicas/replica-group.ts";
import type { PortClaim } from "../server/replicas/replica-owner.ts";
import { type OpenedServer, openServer } from "../server/server.ts";
import type { EntryHost } from "./entry-host.ts";
import type { StopReason } from "./events.ts";
import type { Idler } from "./eviction.ts";
import type { HostnameSettings } from "./hostname-config.ts";
import { ownReplicas } from "./own-replicas.ts";
import { claimPort } from "./ports.ts";
import { type EntryState, type ServerInfo, toServerInfo } from "./server-info.ts";
import { SlowStart } from "./slow-start.ts";
import { StartBudget } from "./start-budget.ts";
import { couldNotStart, isRefusal, notReady, poolBusy, stoppedEarly, waitedInVain } from "./start-errors.ts";

/** The turns of starts that somebody waits for come before those of the others, which have priority 0. */
const WANTED = 1;

/**
 * One hostname's life as a supervised cell: waits for whom it follows and for its turn, starts, runs, drains, is gone.
 *
 * **Lifetime.** One task on the pool's scope, from `start` until `gone` resolves. **Failure.** Whatever fails
 * inside, it ends this entry only: it is reported as an `error` event, and a joiner's `ready` rejects.
 */
export class Entry implements Idler {
  readonly hostname: string;
  readonly settings: HostnameSettings;
  state: EntryState = "starting";
  /** When it came into its state, on the clock of `performance.now()`. */
  since: number = performance.now();
  info: ServerInfo | undefined;
  server: AppServer | undefined;
  /** The servers that share its requests, if its app runs elsewhere. */
  replicas: ReplicaGroup | undefined;
  /** What its app prints, if it runs elsewhere. */
  log: LogRing | undefined;
  /** It has not begun: others have to be gone first. */
  waiting = false;

  readonly #host: EntryHost<Entry>;
  readonly #end = withResolvers<void>();
  readonly #turn: Turn;
  readonly #port: PortClaim;
  /** Who has to be gone before it begins. */
  #others: readonly Entry[] = [];
  #task: Task<void> | undefined;
  #begun = false;
  #stopAsked = false;
  #gaveUp = false;
  readonly #budget = new StartBudget((ms) => this.#giveUp(ms));
  readonly #slow = new SlowStart((reason, afterMs) => {
    this.#host.emit({ type: "slow-start", hostname: this.hostname, reason, afterMs });
  });
  readonly #ready = createSettled<ServerInfo>();
  readonly #gone = createSettled<void>();

  constructor(hostname: string, settings: HostnameSettings, host: EntryHost<Entry>) {
    this.hostname = hostname;
    this.settings = settings;
    this.#host = host;
    this.#turn = new Turn(host.turns);
    this.#port = claimPort(host.ports);
  }

  /** Settles when the server listens, or never will. All joiners share it; a failed start is an event, too. */
  get ready(): Future<ServerInfo> {
    return this.#ready.future;
  }

  /** Resolves when the entry has ended. */
  get gone(): Future<void> {
    return this.#gone.future;
  }

  /** Starts as soon as `others` are gone: two servers of one hostname, or more servers than allowed, never run at once. */
  start(others: readonly Entry[]): void {
    this.waiting = others.length > 0;
    this.#others = others;
    if (!this.waiting) this.#tellStart();
    this.#task = this.#host.scope.run(() => this.#live());
    if (this.#begun && this.#stopAsked) this.#halt(); // its own factory stopped it, before there was a task to halt
  }

  /** Somebody waits for the start. */
  want(): void {
    this.#turn.raise(WANTED);
  }

  /** Asks the server to stop, once; the first reason counts. Returns what resolves when it is gone. */
  stop(reason: StopReason): Future<void> {
    if (!this.#stopAsked && this.state !== "gone") {
      this.#stopAsked = true;
      this.#leave();
      if (!this.waiting) this.#host.emit({ type: "stopping", hostname: this.hostname, reason });
      if (this.info === undefined) this.#cancelStart();
      else this.#end.resolve();
    }
    return this.gone;
  }

  #cancelStart(): void {
    this.#ready.reject(stoppedEarly(this.hostname)); // at once: the app's cleanup may take long
    // Before it has begun, `#live` sees it: a task that is halted before that never runs, not even its `finally`.
    if (this.#begun) this.#halt();
  }

  /** What its start waits for, where that is known. */
  get waitsFor(): string | undefined {
    return this.state === "starting" ? this.#slow.reason : undefined;
  }

  idleSince(): number | undefined {
    const inFlight = this.state === "running" ? this.server?.inFlight : undefined;
    if (!inFlight?.isIdle || this.#host.isPinned(this.hostname)) return undefined;
    return Math.max(inFlight.idleSince, this.since); // it was made before its start, which may take long
  }

  get idleTimeoutMs(): number {
    return this.settings.idleTimeoutMs;
  }

  *#live(): Operation<void> {
    let thrown: unknown;
    this.#begun = true;
    try {
      if (!this.#stopAsked) yield* scoped(() => this.#serve());
    } catch (error) {
      thrown = error;
    } finally {
      this.#finish(thrown);
    }
  }

  *#serve(): Operation<void> {
    if (this.waiting) {
      try {
        yield* this.#waitForOthers();
      } finally {
        if (!this.#stopAsked) this.#tellStart(); // not before: the others may be an earlier server of this hostname
      }
      if (this.#stopAsked) return; // by who has just heard of the start
    }
    try {
      if (!this.#turn.tryTake()) yield* this.#waitForTurn();
      this.#host.begin(this.hostname); // one of the others may have been this hostname, and have crashed
      this.#budget.allow(this.settings.startTimeoutMs);
      this.#slow.begin();
      const opened = yield* this.#open();
      if (this.#stopAsked) return;
      this.#run(opened);
    } finally {
      this.#budget.clear();
      this.#slow.end();
      this.#turn.leave();
    }
    yield* this.#end.operation;
  }

  #tellStart(): void {
    this.#host.emit({ type: "starting", hostname: this.hostname });
  }

  #open(): Operation<OpenedServer> {
    const { app, host } = this.#host;
    const { hostname } = this;
    return openServer({
      app,
      hostname,
      host,
      ports: this.#port,
      openOutside: openForwarding,
      replicas: () =>
        ownReplicas(hostname, this.settings, this.#host, {
          late: () => this.#poolBusy(),
          notYet: (why) => this.#slow.waitsFor(why),
        }),
      limits: () => ({ graceMs: this.#host.graceMs(this.settings.graceMs), lingerMs: 0 }),
      linesBefore: () => this.#host.linesBefore,
      made: (kind, log) => {
        this.log = log;
        if (log !== undefined) this.#host.printing(hostname, log);
        if (kind === "command") this.#budget.allow(this.settings.commandTimeoutMs);
      },
      failed: (error) => this.#report(error),
      forwardFailed: (event) => this.#host.emit(event),
      stopping: () => this.#leave(),
      crashed: (error) => {
        if (this.state === "running") this.#end.reject(error);
      },
      drained: ({ requestsCut: requests, socketsCut: sockets }) => {
        if (requests + sockets > 0) this.#host.emit({ type: "cut", hostname, requests, sockets });
      },
    });
  }

  #run(opened: OpenedServer): void {
    const { hostname } = this;
    this.server = opened.server;
    this.replicas = opened.replicas;
    this.info = toServerInfo(hostname, opened, this.#task as Task<void>);
    this.#enter("running");
    this.#host.running(this, this.info);
    this.#host.emit({ type: "started", hostname, port: opened.port });
    this.#ready.resolve(this.info);
  }

  *#waitForOthers(): Operation<void> {
    const { hostname } = this;
    const others = this.#others;
    this.#others = []; // or each entry would keep the one before it in memory, and that one the one before
    const { graceMs, startTimeoutMs } = this.settings;
    const longestGraceMs = Math.max(graceMs, ...others.map((entry) => entry.settings.graceMs));
    const limitMs = Math.min(this.#host.graceMs(longestGraceMs) + startTimeoutMs, LONGEST_DELAY_MS);
    const inTime = yield* finishesWithin(limitMs, function* () {
      for (const entry of others) yield* entry.gone;
    });
    if (!inTime) throw waitedInVain(hostname, limitMs, others[0]?.hostname);
    this.waiting = false;
  }

  #waitForTurn(): Operation<void> {
    return this.#turn.wait({ ms: this.settings.startTimeoutMs, late: () => this.#poolBusy() });
  }

  #poolBusy(): Error {
    return poolBusy(this.hostname, this.settings.startTimeoutMs, this.#host.turns.size);
  }

  #enter(state: EntryState): void {
    this.state = state;
    this.since = performance.now();
  }

  /** From now on no request is given to this server. */
  #leave(): void {
    if (this.state === "stopping") return;
    this.#enter("stopping");
    this.#host.leaving(this);
  }

  /** Its turn is free at once, also when an operation asks for this: the task is halted only when that one waits. */
  #halt(): void {
    this.#task?.halt().catch((error: unknown) => this.#report(toError(error)));
    this.#turn.leave();
  }

  #report(error: Error): void {
    this.#host.emit({ type: "error", hostname: this.hostname, error, message: error.message });
  }

  /** The start budget is used up: who waits hears of it now, not after a cleanup that may take long. */
  #giveUp(ms: number): void {
    if (this.#stopAsked) return;
    this.#leave();
    this.#gaveUp = true;
    this.#failStart(notReady(this.hostname, ms, this.#slow.reason, this.log));
    this.#halt();
  }

  /** The one place where an entry ends. Synchronous, because it runs in a `finally`. */
  #finish(thrown: unknown): void {
    const { info } = this;
    this.#leave();
    this.#enter("gone");
    this.#port.release();
    this.#host.gone(this);
    if (info !== undefined) this.#finishRun(thrown);
    else if (isRefusal(thrown, this.hostname)) this.#refuse(thrown);
    else if (this.#gaveUp || this.#stopAsked || thrown === undefined) {
      if (thrown !== undefined) this.#report(toError(thrown)); // its cleanup failed
      this.#ready.reject(stoppedEarly(this.hostname));
    } else {
      this.#failStart(toError(thrown));
    }
    this.#gone.resolve();
  }

  #refuse(refusal: SwitchboardError): void {
    const { hostname } = this;
    if (refusal.code === "DECLINED") this.#host.emit({ type: "declined", hostname });
    this.#ready.reject(refusal);
  }

  #finishRun(thrown: unknown): void {
    const { hostname } = this;
    if (thrown !== undefined) this.#report(toError(thrown));
    // Remembered before anybody hears of the stop: a listener that starts it again has to wait, too.
    const crashed = thrown !== undefined && !this.#stopAsked;
    const next = crashed ? this.#host.failed(hostname, toError(thrown), this.log) : undefined;
    this.#host.emit({ type: "stopped", hostname });
    if (next !== undefined) this.#host.emit(next);
  }

  #failStart(cause: Error): void {
    const { hostname } = this;
    this.#report(cause);
    const next = this.#host.failed(hostname, cause, this.log);
    this.#host.emit(next);
    const retryAfterMs = next.type === "failed" ? next.retryAfterMs : next.delayMs;
    this.#ready.reject(couldNotStart(hostname, cause, retryAfterMs));
  }
}
