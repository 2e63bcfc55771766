import { type Future, type Operation, type Scope, type Stream, until } from "effection";
import { SwitchboardError, toError } from "../base/errors.ts";
import { createEvents } from "../base/events.ts";
import { checkHostname, toHostname } from "../base/hostname.ts";
import { toFuture, toRejectedFuture } from "../base/operations.ts";
import { functionOption } from "../base/options.ts";
import { Turns } from "../resilience/turns.ts";
import type { LogLine, LogRing } from "../server/log-ring.ts";
import { SHOWN_LINES } from "../server/outside-server.ts";
import { replicasOption } from "../server/replicas/replica-config.ts";
import { Entry } from "./entry.ts";
import type { EntryHost } from "./entry-host.ts";
import type { FailureEvent, ServerEvent } from "./events.ts";
import { longestIdle, stopIdlers } from "./eviction.ts";
import { inspectPool, type ServerPoolInspection } from "./inspection.ts";
import { LogListeners } from "./log-listeners.ts";
import { Places } from "./places.ts";
import { createPorts } from "./ports.ts";
import type { ServerInfo } from "./server-info.ts";
import type { ServerPool } from "./server-pool-contract.ts";
import type { ServerPoolSettings } from "./settings.ts";
import { allPinned, BUSY_RETRY_MS, notRunning, notScalable, poolClosed, poolFull } from "./start-errors.ts";
import { type Failure, Supervision } from "./supervision.ts";

/** The servers of a pool by their hostname: who starts one, joins one, and makes room; see `useServerPool`. */
export class Pool implements ServerPool, EntryHost<Entry> {
  readonly scope: Scope;
  readonly host = "127.0.0.1";
  readonly app: ServerPoolSettings["app"];
  readonly ports: ReturnType<typeof createPorts>;
  readonly turns: Turns;
  readonly events: Stream<ServerEvent, void>;
  readonly #settings: ServerPoolSettings;
  readonly #events = createEvents<ServerEvent>();
  readonly #supervision: Supervision;
  /** The entry of each hostname. One that stops leaves when its successor comes. */
  readonly #entries = new Map<string, Entry>();
  /** The servers that run: what a request looks up. An entry more to touch would be one more cache miss for it. */
  readonly #running = new Map<string, ServerInfo>();
  /** Entries that are not gone. */
  readonly #alive = new Set<Entry>();
  readonly #places: Places<Entry>;
  readonly #logListeners = new LogListeners();
  readonly #failingHealth = new Set<{ fails: (hostname: string) => boolean }>();
  linesBefore = 0;
  #closed = false;

  constructor(settings: ServerPoolSettings, scope: Scope) {
    this.scope = scope;
    this.#settings = settings;
    this.app = settings.app;
    this.ports = createPorts(settings.basePort);
    this.turns = new Turns(settings.maxStarts);
    this.#places = new Places(settings.maxServers);
    this.#supervision = new Supervision({
      limit: settings.maxServers * 10,
      rulesOf: (hostname) => settings.byHostname.of(hostname).restart,
      emit: (event) => this.emit(event),
      restart: (hostname) => void this.#startKept(hostname),
    });
    this.events = this.#events.stream;
    if (settings.onEvent !== undefined) this.#events.listen(settings.onEvent);
  }

  graceMs(ownMs: number): number {
    return this.#settings.graceMs(ownMs);
  }

  getOrCreate(name: string): Future<ServerInfo> {
    return this.#start(name, true);
  }

  get(name: string): ServerInfo | undefined {
    return this.#running.get(name) ?? this.#running.get(toHostname(name) ?? "");
  }

  list(): ServerInfo[] {
    return [...this.#running.values()];
  }

  shutdown(name: string): Future<void> {
    const hostname = toHostname(name) ?? "";
    // There can be two: one that stops, and one that waits for that.
    const stops = [...this.#alive]
      .filter((entry) => entry.hostname === hostname)
      .map((entry) => entry.stop("shutdown"));
    this.#supervision.forget(hostname);
    return toFuture(Promise.all(stops).then(() => this.#supervision.forget(hostname)));
  }

  pin(name: string): Future<ServerInfo> {
    try {
      const hostname = checkHostname(name);
      const { maxServers } = this.#settings;
      if (!this.isPinned(hostname) && this.#supervision.pinnedCount >= maxServers)
        throw allPinned(hostname, maxServers);
      this.#supervision.pin(hostname);
      return this.#startKept(hostname);
    } catch (error) {
      return toRejectedFuture(error);
    }
  }

  unpin(name: string): void {
    this.#supervision.unpin(checkHostname(name));
  }

  scale(name: string, replicas: number): Future<void> {
    try {
      const hostname = checkHostname(name);
      const count = replicasOption("replicas", replicas);
      if (this.#closed) throw poolClosed(hostname);
      const entry = this.#entries.get(hostname);
      if (entry?.state !== "running") throw notRunning(hostname);
      if (entry.replicas === undefined) throw notScalable(hostname);
      return entry.replicas.scale(count);
    } catch (error) {
      return toRejectedFuture(error);
    }
  }

  failHealth(fails: (hostname: string) => boolean): () => void {
    const own = { fails: functionOption("fails", fails) };
    this.#failingHealth.add(own);
    return () => void this.#failingHealth.delete(own);
  }

  failsHealth(hostname: string): boolean {
    return [...this.#failingHealth].some(({ fails }) => fails(hostname));
  }

  log(name: string): LogLine[] {
    const hostname = toHostname(name) ?? "";
    const entry = this.#entries.get(hostname);
    return entry === undefined ? this.#supervision.linesOf(hostname) : (entry.log?.lines() ?? []);
  }

  listenLog(name: string, listener: (line: LogLine) => void): () => void {
    const hostname = checkHostname(name);
    return this.#logListeners.add(hostname, this.#entries.get(hostname)?.log, functionOption("listener", listener));
  }

  printing(hostname: string, log: LogRing): void {
    this.#logListeners.started(hostname, log);
  }

  failures(): Failure[] {
    return this.#supervision.failures();
  }

  pinned(): string[] {
    return this.#supervision.pinned();
  }

  inspect(): ServerPoolInspection {
    return inspectPool(this.#alive, this.#supervision, this.turns.waiting);
  }

  emit(event: ServerEvent): void {
    this.#events.emit(event);
  }

  isPinned(hostname: string): boolean {
    return this.#supervision.isPinned(hostname);
  }

  begin(hostname: string): void {
    this.#supervision.begin(hostname);
  }

  failed(hostname: string, error: Error, log?: LogRing): FailureEvent {
    return this.#supervision.failed(hostname, error, log?.tail(SHOWN_LINES));
  }

  running({ hostname }: Entry, info: ServerInfo): void {
    this.#running.set(hostname, info);
    this.#supervision.running(hostname);
  }

  leaving(entry: Entry): void {
    if (entry.info !== undefined) this.#supervision.leaving(entry.hostname);
    if (this.#running.get(entry.hostname) === entry.info) this.#running.delete(entry.hostname);
    if (!entry.waiting) this.#places.offer(entry);
  }

  gone(entry: Entry): void {
    const { hostname } = entry;
    this.#alive.delete(entry);
    this.#places.release(entry);
    this.linesBefore = Math.max(this.linesBefore, entry.log?.last ?? 0);
    if (this.#entries.get(hostname) !== entry) return;
    this.#entries.delete(hostname);
    if (!entry.waiting) return;
    // It gave up while it waited for another one of its hostname, perhaps: who comes next must wait for that, too.
    for (const other of this.#alive) if (other.hostname === hostname) this.#entries.set(hostname, other);
  }

  /** Stops, for as long as it runs, servers that have been idle for too long. */
  stopIdle(): Operation<never> {
    return stopIdlers(this.#alive, this.#settings.byHostname.shortestIdleMs, (entry) => void entry.stop("idle"));
  }

  /** Stops everything, and returns when nothing is left. */
  *close(): Operation<void> {
    this.#closed = true;
    this.#supervision.close();
    yield* until(Promise.all([...this.#alive].map((entry) => entry.stop("closing"))));
    this.#events.close();
  }

  #start(name: string, wanted: boolean): Future<ServerInfo> {
    try {
      return this.#join(checkHostname(name), wanted).ready;
    } catch (error) {
      return toRejectedFuture(error);
    }
  }

  /** A start that nobody may be waiting for: what a joiner would be told is an event, too. */
  #startKept(hostname: string): Future<ServerInfo> {
    const start = this.#start(hostname, false);
    start.catch((thrown: unknown) => this.#refused(hostname, toError(thrown)));
    return start;
  }

  /** Failures of the start itself were reported where they happened. */
  #refused(hostname: string, error: Error): void {
    const code = error instanceof SwitchboardError ? error.code : undefined;
    if (this.#closed || (code !== "POOL_FULL" && code !== "POOL_BUSY" && code !== "DECLINED")) return;
    if (code === "POOL_BUSY") this.#supervision.retry(hostname, BUSY_RETRY_MS);
    this.emit({ type: "error", hostname, error, message: error.message });
    if (code === "POOL_FULL") this.emit(this.failed(hostname, error)); // there may be room when it tries again
  }

  /** The entry that starts or runs for `hostname`; a new one when there is none. `wanted`: somebody waits for it. */
  #join(hostname: string, wanted: boolean): Entry {
    if (this.#closed) throw poolClosed(hostname);
    const current = this.#entries.get(hostname);
    if (wanted && current?.state === "starting") current.want();
    if (current?.state === "starting" || current?.state === "running") return current;
    this.#supervision.check(hostname);
    const declined = this.#settings.declines?.(hostname);
    if (declined !== undefined) throw declined;
    const entry = new Entry(hostname, this.#settings.byHostname.of(hostname), this);
    const { follows } = this.#makeRoom(entry, current);
    if (this.#entries.get(hostname) !== current) {
      // To make room is an event, and a listener of it has asked for the same hostname.
      this.#places.release(entry);
      return this.#join(hostname, wanted);
    }
    this.#entries.set(hostname, entry);
    this.#alive.add(entry);
    if (wanted) entry.want();
    const others = new Set([current, follows].filter((other) => other !== undefined));
    entry.start([...others]);
    return entry;
  }

  #makeRoom(entry: Entry, current: Entry | undefined): { follows: Entry | undefined } {
    const place = this.#places.claim(entry, current);
    if (place !== undefined) return place;
    if (this.#settings.whenFull === "evict-idle") longestIdle(this.#alive)?.stop("evicted");
    const made = this.#places.claim(entry, current);
    if (made !== undefined) return made;
    throw poolFull(entry.hostname, this.#settings);
  }
}
