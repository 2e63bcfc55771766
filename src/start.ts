import { ensure, type Operation, resource, run, suspend } from "effection";
import type { Dispatcher } from "undici";
import { createEvents, tell } from "./base/events.ts";
import { noop } from "./base/operations.ts";
import { checkKnownOptions, durationOption, functionOption } from "./base/options.ts";
import type { ServerEvent } from "./pool/events.ts";
import type { HostnameConfig } from "./pool/hostname-config.ts";
import { openPool } from "./pool/server-pool.ts";
import { type ServerPool, ServerPoolContext } from "./pool/server-pool-contract.ts";
import { resolveServerPool, SERVER_POOL_OPTIONS, type ServerPoolConfig } from "./pool/settings.ts";
import type { CircuitBreaker } from "./resilience/circuit-breaker.ts";
import { useDialer } from "./start/dialer.ts";
import { pick, splitHostnames } from "./start/hostnames.ts";
import { toUrl } from "./start/url.ts";
import type { DeliveryConfig } from "./switchboard/delivery-config.ts";
import { type Fault, FaultContext } from "./switchboard/fault.ts";
import {
  resolveSwitchboard,
  SWITCHBOARD_OPTIONS,
  type SwitchboardConfig,
  type SwitchboardEvent,
} from "./switchboard/settings.ts";
import { openSwitchboard, type SwitchboardHandle } from "./switchboard/switchboard.ts";

/**
 * What a shutdown came to: the last event.
 *
 * **Lifetime.** Made when every server has stopped; it does not change.
 *
 * **Failure.** None: plain data. There is none after a start that failed before it listened.
 */
export interface ShutdownReport {
  /** Tells it from the other events. */
  type: "report";
  /** How many servers the shutdown has stopped. */
  serversStopped: number;
  /** What was in flight when the shutdown began, and finished: requests and open sockets. */
  requestsFinished: number;
  /** Requests that had no answer at the end of the grace period. */
  requestsCut: number;
  /** Upgraded sockets that were open at the end of the grace period. */
  socketsCut: number;
  /** How long it took, in milliseconds. */
  ms: number;
}

/**
 * Everything that happens, from the first event, `listening`, to the last, `report`.
 *
 * **Lifetime.** Each is told once, when it happens. A subscriber that is more than 10,000 behind loses the oldest.
 *
 * **Failure.** A failure is an event too: `error` of one server, `front-error` of the front door.
 */
export type RunEvent = SwitchboardEvent | ServerEvent | ShutdownReport;

/**
 * The options of the pool and of the switchboard in one: those of {@link ServerPoolConfig} and
 * {@link SwitchboardConfig}, and these.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect. `graceMs` is one period for all.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface RunConfig
  extends Omit<ServerPoolConfig, "onEvent" | "hostnames">,
    Omit<SwitchboardConfig, "port" | "onEvent" | "graceMs" | "hostnames"> {
  /**
   * Other options for some hostnames, of the pool and of the switchboard: `{ "*.api": { idleTimeoutMs: 60_000 } }`. The
   * key is a hostname, or `*.` and what it ends in; of several that fit, the most specific one that has an option counts
   * for it. @default none
   */
  hostnames?: Readonly<Record<string, HostnameConfig & DeliveryConfig>> | undefined;
  /** The port to listen on; 0 is any free one. @default 0 */
  port?: number | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: RunEvent) => void) | undefined;
}

/**
 * A pool and its switchboard, running.
 *
 * **Lifetime.** That of the {@link useRunningSwitchboard} that made it.
 *
 * **Failure.** `fetch` rejects as the global one does; a problem of a server is an answer, not a rejection.
 */
export interface RunningBoard extends SwitchboardHandle {
  /** The servers, by hostname. */
  pool: ServerPool;
  /** The URL of a hostname: `at("shop", "/cart")` is `http://shop.localhost:8000/cart`. */
  at(hostname: string, path?: string): string;
  /** Like the global `fetch`, but dials this switchboard whatever the system's resolver thinks of the name. */
  fetch(hostname: string, path?: string, init?: RequestInit): Promise<Response>;
  /** What undici needs to dial this switchboard: `request(url, { dispatcher })`, `new WebSocket(url, { dispatcher })`. */
  dispatcher(): Promise<Dispatcher>;
}

/**
 * A running switchboard for people without Effection.
 *
 * **Lifetime.** From {@link createSwitchboard} until `close()`, or the end of the block of an `await using`.
 *
 * **Failure.** `fetch` rejects as the global one does; a problem of a server is an answer, not a rejection. `close()`
 * does not fail: a cleanup that does is an `error` event.
 */
export interface RunningSwitchboard extends AsyncDisposable {
  /** The port it listens on. */
  port: number;
  /** The servers, by hostname. */
  pool: ServerPool;
  /** The URL of a hostname: `url("shop", "/cart")` is `http://shop.localhost:8000/cart`. */
  url(hostname: string, path?: string): string;
  /** Like the global `fetch`, but dials this switchboard whatever the system's resolver thinks of the name. */
  fetch(hostname: string, path?: string, init?: RequestInit): Promise<Response>;
  /** What undici needs to dial this switchboard: `request(url, { dispatcher })`, `new WebSocket(url, { dispatcher })`. */
  dispatcher(): Promise<Dispatcher>;
  /** Makes something go wrong with some requests, until it is removed: `const remove = board.fault({ ... })`. */
  fault(fault: Fault): () => void;
  /** The circuit breaker of a hostname, where one is set for it: `board.circuit("shop")?.reset()` closes it at once. */
  circuit(hostname: string): CircuitBreaker | undefined;
  /** What happens from now on: `for await (const event of board.events)`. Ends after the report. */
  events: AsyncIterable<RunEvent>;
  /** Shuts down, once; resolves with the report when nothing is left. */
  close(): Promise<ShutdownReport>;
}

/**
 * A pool and the switchboard in front of it, as one resource.
 *
 * **Lifetime.** Ready when it listens. When the caller ends: the switchboard drains, then every server stops.
 * Both share one grace period. The last event is the report.
 *
 * **Failure.** As {@link useServerPool} and {@link useSwitchboard}.
 */
export function useRunningSwitchboard(config: RunConfig = {}): Operation<RunningBoard> {
  checkKnownOptions("useRunningSwitchboard", config, [...new Set([...SERVER_POOL_OPTIONS, ...SWITCHBOARD_OPTIONS])]);
  const listener = functionOption("onEvent", config.onEvent) ?? noop;
  const emit = (event: RunEvent) => tell(listener, event);
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  const shutdown = createShutdown(graceMs);
  const onEvent = (event: RunEvent) => {
    shutdown.note(event);
    emit(event);
  };
  const hostnames = splitHostnames(config.hostnames);
  const poolSettings = {
    ...resolveServerPool({ ...pick(config, SERVER_POOL_OPTIONS), hostnames: hostnames.pool, onEvent }),
    graceMs: shutdown.graceMs,
  };
  const boardSettings = resolveSwitchboard({
    ...pick(config, SWITCHBOARD_OPTIONS),
    port: config.port ?? 0,
    hostnames: hostnames.board,
    onEvent,
  });
  const board = resource<RunningBoard>(function* (provide) {
    yield* ensure(() => {
      const report = shutdown.report();
      if (report !== undefined) emit(report);
    });
    const pool = yield* openPool({ ...poolSettings, pinned: [] });
    const handle = yield* openSwitchboard(boardSettings, pool);
    for (const hostname of poolSettings.pinned) void pool.pin(hostname); // `listening` is the first event
    const dialer = yield* useDialer(boardSettings.host);
    const domain = boardSettings.domains?.[0] ?? "localhost";
    const at = (hostname: string, path = "") => toUrl({ hostname, domain, port: handle.port, path });
    const fetch = async (hostname: string, path = "/", init: RequestInit = {}) =>
      dialer.fetch(at(hostname, path), init);
    yield* provide({ ...handle, pool, at, fetch, dispatcher: dialer.dispatcher });
  });
  return withContexts(board);
}

/** Sets the contexts for the caller: a resource sets them for itself alone. */
function* withContexts(running: Operation<RunningBoard>): Operation<RunningBoard> {
  const board = yield* running;
  yield* ServerPoolContext.set(board.pool);
  yield* FaultContext.set(board.fault);
  return board;
}

/**
 * {@link useRunningSwitchboard} for people without Effection.
 *
 * **Lifetime.** Resolves when it listens, on any free port unless one is given. It keeps the process alive until
 * `close()`, or the end of the block of an `await using`.
 *
 * **Failure.** Rejects with a {@link SwitchboardError}: `INVALID_OPTION`, or `LISTEN_FAILED` when the port cannot be
 * bound.
 *
 * ```ts
 * await using board = await createSwitchboard({ app: ({ hostname }) => express().get("/", (_, res) => void res.send(hostname)) });
 * const response = await board.fetch("shop", "/");
 * ```
 */
export async function createSwitchboard(config: RunConfig = {}): Promise<RunningSwitchboard> {
  const events = createEvents<RunEvent>();
  let report: ShutdownReport | undefined;
  const onEvent = (event: RunEvent) => {
    if (event.type === "report") report = event;
    events.emit(event);
  };
  if (config.onEvent !== undefined) events.listen(functionOption("onEvent", config.onEvent));
  let closing: Promise<ShutdownReport> | undefined;
  return new Promise((resolve, reject) => {
    const task = run(function* () {
      const {
        port,
        pool,
        at: url,
        fetch,
        dispatcher,
        fault,
        circuit,
      } = yield* useRunningSwitchboard({ ...config, onEvent });
      const close = () => {
        closing ??= shut();
        return closing;
      };
      resolve({
        port,
        pool,
        url,
        fetch,
        dispatcher,
        fault,
        circuit,
        events: events.iterable,
        close,
        [Symbol.asyncDispose]: async () => void (await close()),
      });
      yield* suspend();
    });
    const shut = async () => {
      await task.halt();
      events.close();
      return report as ShutdownReport;
    };
    task.catch(reject);
  });
}

/** Follows a shutdown: what is left of the grace period, and what it came to. */
function createShutdown(graceMs: number): {
  note(event: RunEvent): void;
  graceMs(ownMs: number): number;
  /** `undefined` when nothing has begun to shut down. */
  report(): ShutdownReport | undefined;
} {
  let since: number | undefined;
  const report: ShutdownReport = {
    type: "report",
    serversStopped: 0,
    requestsFinished: 0,
    requestsCut: 0,
    socketsCut: 0,
    ms: 0,
  };
  return {
    note(event) {
      if (event.type === "draining") since = performance.now();
      if (since === undefined) return;
      if (event.type === "stopped") report.serversStopped += 1;
      if (event.type === "drained") report.requestsFinished += event.requestsFinished;
      if (event.type === "drained") report.requestsCut += event.requestsCut;
      if (event.type === "drained") report.socketsCut += event.socketsCut;
      if (event.type === "cut") report.requestsCut += event.requests;
      if (event.type === "cut") report.socketsCut += event.sockets;
    },
    graceMs: (ownMs) =>
      since === undefined ? ownMs : Math.min(ownMs, Math.max(0, graceMs - (performance.now() - since))),
    report: () => (since === undefined ? undefined : { ...report, ms: Math.round(performance.now() - since) }),
  };
}
