import { ensure, type Operation, resource, run, suspend } from "effection";
import type { Dispatcher } from "undici";
import { createEvents } from "./base/events.ts";
import { functionOption } from "./base/options.ts";
import { type Control, createControl } from "./control/control.ts";
import { type Observation, type Observing, toObservation } from "./observe/observation.ts";
import { useRequestFile } from "./observe/request-file.ts";
import { openPool } from "./pool/server-pool.ts";
import { type ServerPool, ServerPoolContext } from "./pool/server-pool-contract.ts";
import type { CircuitBreaker } from "./resilience/circuit-breaker.ts";
import type { AppPlan } from "./start/app-plan.ts";
import { AppWatch } from "./start/app-watch.ts";
import { whyNoApp } from "./start/apps.ts";
import { checkFolder } from "./start/apps-folder.ts";
import { controlSource } from "./start/control-source.ts";
import { useDialer } from "./start/dialer.ts";
import { samplePool } from "./start/pool-sample.ts";
import type { RunConfig, RunEvent } from "./start/run-config.ts";
import { type RunSettings, resolveRun } from "./start/run-settings.ts";
import { Services } from "./start/services.ts";
import type { ShutdownReport } from "./start/shutdown.ts";
import { toUrl } from "./start/url.ts";
import { type Fault, FaultContext } from "./switchboard/fault.ts";
import type { FrontDoor } from "./switchboard/front-door.ts";
import { domainToTell } from "./switchboard/hostname.ts";
import { openSwitchboard, type SwitchboardHandle } from "./switchboard/switchboard.ts";

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
  /** What has happened: the last requests and events, metrics and a history. `undefined` with `observe: false`. */
  observation: Observation<RunEvent> | undefined;
  /** The control API: what an operator shows to it. `undefined` when it is off. */
  control: { token: string } | undefined;
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
  /** What has happened: the last requests and events, metrics and a history. `undefined` with `observe: false`. */
  observation: Observation<RunEvent> | undefined;
  /** The control API: what an operator shows to it. `undefined` when it is off. */
  control: { token: string } | undefined;
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
  return openBoard("useRunningSwitchboard", config);
}

/** `what` is what its options are those of, where one is wrong. */
function openBoard(what: string, config: RunConfig): Operation<RunningBoard> {
  const settings = resolveRun(what, config);
  // Not with the other checks: a config file has its own folder for such a path, which is not known where it is made.
  if (typeof config.apps === "string") checkFolder(config.apps);
  return withContexts(resource((provide) => open(settings, provide)));
}

function* open(settings: RunSettings, provide: (board: RunningBoard) => Operation<void>): Operation<void> {
  const { emit, shutdown, apps, watches, observation, poolSettings, boardSettings } = settings;
  const failed = (error: Error) => emit({ type: "front-error", hostname: undefined, error, message: error.message });
  yield* ensure(() => {
    observation.close();
    const report = shutdown.report();
    if (report !== undefined) emit(report);
  });
  // First, so that it is the last: what is cut at the end is written, too.
  if (settings.requestFile !== undefined) yield* useRequestFile(observation.requests, settings.requestFile, failed);
  let watch: AppWatch | undefined;
  const begins = (hostname: string, plan: AppPlan) => watch?.begin(hostname, plan);
  const services = new Services(apps, poolSettings.byHostname);
  const app = services.factory(poolSettings.app, begins);
  const declines = apps && ((hostname: string) => whyNoApp(services, hostname));
  const pool = yield* openPool({ ...poolSettings, app, declines, byHostname: services.settings, pinned: [] });
  if (watches) watch = new AppWatch(services, pool, emit);
  let control: Control | undefined;
  const own = (door: FrontDoor) => {
    const { maxServers, maxStarts } = poolSettings;
    settings.pool.sample = () => samplePool(door, maxServers);
    if (settings.control === undefined) return undefined;
    const seen = observation as Observing<unknown>; // whatever its events are
    control = createControl(
      controlSource(door, { observation: seen, services, maxServers, maxStarts, failed }),
      settings.control,
    );
    return control;
  };
  const handle = yield* openSwitchboard(boardSettings, pool, own);
  // After the switchboard, so that it is closed first: a file that changes while all drains starts nothing.
  yield* ensure(() => watch?.close());
  for (const hostname of poolSettings.pinned) void pool.pin(hostname); // `listening` is the first event
  const dialer = yield* useDialer(boardSettings.host);
  const domain = domainToTell(boardSettings.domains);
  const at = (hostname: string, path = "") => toUrl({ hostname, domain, port: handle.port, path });
  const fetch = async (hostname: string, path = "/", init: RequestInit = {}) => dialer.fetch(at(hostname, path), init);
  yield* provide({
    ...handle,
    pool,
    observation: settings.observes ? toObservation(observation) : undefined,
    control: control && { token: control.token },
    at,
    fetch,
    dispatcher: dialer.dispatcher,
  });
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
        observation,
        control,
      } = yield* openBoard("createSwitchboard", { ...config, onEvent });
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
        observation,
        control,
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
