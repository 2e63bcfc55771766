import { ensure, type Operation, resource, run, suspend } from "effection";
import type { Dispatcher } from "undici";
import { createEvents, tell } from "./base/events.ts";
import { noop } from "./base/operations.ts";
import { booleanOption, checkKnownOptions, durationOption, fail, functionOption, pick } from "./base/options.ts";
import { type ControlConfig, type ControlSettings, resolveControl } from "./control/config.ts";
import { type Control, createControl } from "./control/control.ts";
import { createObservation, type Observation } from "./observe/observation.ts";
import type { ServerEvent } from "./pool/events.ts";
import type { HostnameConfig } from "./pool/hostname-config.ts";
import { openPool } from "./pool/server-pool.ts";
import { type ServerPool, ServerPoolContext } from "./pool/server-pool-contract.ts";
import {
  resolveServerPool,
  SERVER_POOL_OPTIONS,
  type ServerPoolConfig,
  type ServerPoolSettings,
} from "./pool/settings.ts";
import type { CircuitBreaker } from "./resilience/circuit-breaker.ts";
import type { AppPlan, Apps } from "./start/app-plan.ts";
import { AppWatch, type ChangedEvent } from "./start/app-watch.ts";
import { type AppsConfig, resolveApps } from "./start/apps.ts";
import { checkFolder } from "./start/apps-folder.ts";
import { controlSource } from "./start/control-source.ts";
import { useDialer } from "./start/dialer.ts";
import { splitHostnames } from "./start/hostnames.ts";
import { Services } from "./start/services.ts";
import { createShutdown, type Shutdown, type ShutdownReport } from "./start/shutdown.ts";
import { toUrl } from "./start/url.ts";
import type { DeliveryConfig } from "./switchboard/delivery-config.ts";
import { type Fault, FaultContext } from "./switchboard/fault.ts";
import type { FrontDoor } from "./switchboard/front-door.ts";
import {
  resolveSwitchboard,
  SWITCHBOARD_OPTIONS,
  type SwitchboardConfig,
  type SwitchboardEvent,
  type SwitchboardSettings,
} from "./switchboard/settings.ts";
import { openSwitchboard, type SwitchboardHandle } from "./switchboard/switchboard.ts";

/**
 * Everything that happens, from the first event, `listening`, to the last, `report`.
 *
 * **Lifetime.** Each is told once, when it happens. A subscriber that is more than 10,000 behind loses the oldest.
 *
 * **Failure.** A failure is an event too: `error` of one server, `front-error` of the front door.
 */
export type RunEvent = SwitchboardEvent | ServerEvent | ChangedEvent | ShutdownReport;

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
   * In place of `app`, where apps come from: `{ shop: { module: "./shop.ts" }, "*.docs": { command: "npm run dev" } }`, or
   * the path of a folder of them. A name that has none gets 404. @default none
   */
  apps?: AppsConfig | undefined;
  /**
   * Starts an app of `apps` again when one of its files has changed, after the old one has drained; for that it has 2 s
   * unless `graceMs` is set. @default false
   */
  watch?: boolean | undefined;
  /**
   * Other options for some hostnames, of the pool and of the switchboard: `{ "*.api": { idleTimeoutMs: 60_000 } }`. The
   * key is a hostname, or `*.` and what it ends in; of several that fit, the most specific one that has an option counts
   * for it. @default none
   */
  hostnames?: Readonly<Record<string, HostnameConfig & DeliveryConfig>> | undefined;
  /**
   * The API on `switchboard.localhost` and, for loopback names, below `/__switchboard/`. `false` leaves `health` and
   * `servers`. @default true
   */
  control?: boolean | ControlConfig | undefined;
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
  /** What is remembered of requests and events. */
  observation: Observation<RunEvent>;
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
  /** What is remembered of requests and events. */
  observation: Observation<RunEvent>;
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
  const settings = resolveRun("useRunningSwitchboard", config);
  const { emit, shutdown, apps, watches, observation, poolSettings, boardSettings } = settings;
  // Not with the other checks: a config file has its own folder for such a path, which is not known where it is made.
  if (typeof config.apps === "string") checkFolder(config.apps);
  const failed = (error: Error) => emit({ type: "front-error", hostname: undefined, error, message: error.message });
  const board = resource<RunningBoard>(function* (provide) {
    yield* ensure(() => {
      const report = shutdown.report();
      if (report !== undefined) emit(report);
    });
    let watch: AppWatch | undefined;
    const begins = (hostname: string, plan: AppPlan) => watch?.begin(hostname, plan);
    const services = new Services(apps, poolSettings.byHostname);
    const app = services.factory(poolSettings.app, begins);
    const pool = yield* openPool({ ...poolSettings, app, byHostname: services.settings, pinned: [] });
    if (watches) watch = new AppWatch(services, pool, emit);
    let control: Control | undefined;
    const own = (door: FrontDoor) => {
      const { maxServers, maxStarts } = poolSettings;
      const seen = observation as Observation; // whatever its events are
      const source = controlSource(door, { observation: seen, services, maxServers, maxStarts, failed });
      control = createControl(source, settings.control as ControlSettings);
      return control;
    };
    const handle = yield* openSwitchboard(boardSettings, pool, settings.control === undefined ? {} : { own });
    // After the switchboard, so that it is closed first: a file that changes while all drains starts nothing.
    yield* ensure(() => watch?.close());
    for (const hostname of poolSettings.pinned) void pool.pin(hostname); // `listening` is the first event
    const dialer = yield* useDialer(boardSettings.host);
    const domain = boardSettings.domains?.[0] ?? "localhost";
    const at = (hostname: string, path = "") => toUrl({ hostname, domain, port: handle.port, path });
    const fetch = async (hostname: string, path = "/", init: RequestInit = {}) =>
      dialer.fetch(at(hostname, path), init);
    const token = control && { token: control.token };
    yield* provide({ ...handle, pool, at, fetch, dispatcher: dialer.dispatcher, observation, control: token });
  });
  return withContexts(board);
}

/** What a {@link RunConfig} comes to. */
interface RunSettings {
  emit(event: RunEvent): void;
  shutdown: Shutdown;
  apps: Apps | undefined;
  watches: boolean;
  observation: Observation<RunEvent>;
  control: ControlSettings | undefined;
  poolSettings: ServerPoolSettings;
  boardSettings: SwitchboardSettings;
}

/** Checks every option of `what`, before anything is opened. */
export function resolveRun(what: string, config: RunConfig): RunSettings {
  checkKnownOptions(what, config, RUN_OPTIONS);
  const listener = functionOption("onEvent", config.onEvent) ?? noop;
  const observation = createObservation<RunEvent>();
  const emit = (event: RunEvent) => {
    observation.events.add({ seq: 0, time: Date.now(), event });
    tell(listener, event);
  };
  const control = resolveControl(config.control ?? true);
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  const shutdown = createShutdown(graceMs);
  const onEvent = (event: SwitchboardEvent | ServerEvent) => {
    shutdown.note(event);
    emit(event);
  };
  const apps = config.apps === undefined ? undefined : resolveApps(config.apps);
  if (apps !== undefined && config.app !== undefined)
    fail("apps", "absent beside app: only one of them can be", config.apps);
  const watches = booleanOption("watch", config.watch ?? false);
  if (watches && apps === undefined)
    fail("watch", "absent or false without apps: only their files are known", config.watch);
  const hostnames = splitHostnames(config.hostnames, config.apps);
  const poolSettings = {
    ...resolveServerPool({
      ...pick(config, SERVER_POOL_OPTIONS),
      graceMs: config.graceMs ?? (watches ? WATCHED_GRACE_MS : graceMs),
      hostnames: hostnames.pool,
      onEvent,
    }),
    graceMs: shutdown.graceMs,
  };
  const boardSettings = resolveSwitchboard({
    ...pick(config, SWITCHBOARD_OPTIONS),
    port: config.port ?? 0,
    hostnames: hostnames.board,
    onEvent,
  });
  return { emit, shutdown, apps, watches, observation, control, poolSettings, boardSettings };
}

/** Who has saved a file does not want to wait for a WebSocket that stays open. */
const WATCHED_GRACE_MS = 2_000;

const RUN_OPTIONS = [...new Set([...SERVER_POOL_OPTIONS, ...SWITCHBOARD_OPTIONS, "apps", "watch", "control"])];

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
