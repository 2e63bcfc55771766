import { tell } from "../base/events.ts";
import { noop } from "../base/operations.ts";
import { booleanOption, checkKnownOptions, durationOption, fail, functionOption, pick } from "../base/options.ts";
import { type ControlSettings, resolveControl } from "../control/config.ts";
import type { PoolSample } from "../observe/metrics/pool.ts";
import { createObservation, type Observing } from "../observe/observation.ts";
import type { RequestFileSettings } from "../observe/request-file.ts";
import type { ServerEvent } from "../pool/events.ts";
import { resolveServerPool, SERVER_POOL_OPTIONS, type ServerPoolSettings } from "../pool/settings.ts";
import {
  resolveSwitchboard,
  SWITCHBOARD_OPTIONS,
  type SwitchboardEvent,
  type SwitchboardSettings,
} from "../switchboard/settings.ts";
import type { Apps } from "./app-plan.ts";
import { resolveApps } from "./apps.ts";
import { resolveEnvironments, splitHostnames } from "./hostnames.ts";
import { bothObservers, resolveObserve } from "./observe.ts";
import { emptySample } from "./pool-sample.ts";
import type { RunConfig, RunEvent } from "./run-config.ts";
import { createShutdown, type Shutdown } from "./shutdown.ts";

/** What a {@link RunConfig} comes to. */
export interface RunSettings {
  emit(event: RunEvent): void;
  shutdown: Shutdown;
  apps: Apps | undefined;
  watches: boolean;
  /** What is kept; it stays empty when nothing is to be. */
  observation: Observing<RunEvent>;
  observes: boolean;
  /** How the pool is, once there is one. */
  pool: { sample: () => PoolSample };
  requestFile: RequestFileSettings | undefined;
  control: ControlSettings | undefined;
  poolSettings: ServerPoolSettings;
  boardSettings: SwitchboardSettings;
}

/** Checks every option of `what`, before anything is opened. */
export function resolveRun(what: string, config: RunConfig): RunSettings {
  checkKnownOptions(what, config, RUN_OPTIONS);
  const listener = functionOption("onEvent", config.onEvent) ?? noop;
  const observe = resolveObserve(config.observe);
  const pool = { sample: emptySample };
  const observation = createObservation<RunEvent>({ requests: 1, events: 1, ...observe, sample: () => pool.sample() });
  const emit = (event: RunEvent) => {
    if (observe !== undefined) observation.heard(event);
    tell(listener, event);
  };
  const control = resolveControl(config.control ?? true);
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  const shutdown = createShutdown(graceMs);
  const onEvent = (event: SwitchboardEvent | ServerEvent) => {
    shutdown.note(event);
    emit(event);
  };
  const hostnames = splitHostnames(config.hostnames, config.apps);
  const apps = config.apps === undefined ? undefined : resolveApps(config.apps, resolveEnvironments(config.hostnames));
  if (apps !== undefined && config.app !== undefined)
    fail("apps", "absent beside app: only one of them can be", config.apps);
  const watches = booleanOption("watch", config.watch ?? false);
  if (watches && apps === undefined)
    fail("watch", "absent or false without apps: only their files are known", config.watch);
  const poolSettings = {
    ...resolveServerPool({
      ...pick(config, SERVER_POOL_OPTIONS),
      graceMs: config.graceMs ?? (watches ? WATCHED_GRACE_MS : graceMs),
      hostnames: hostnames.pool,
      onEvent,
    }),
    graceMs: shutdown.graceMs,
  };
  const board = resolveSwitchboard({
    ...pick(config, SWITCHBOARD_OPTIONS),
    port: config.port ?? 0,
    hostnames: hostnames.board,
    onEvent,
  });
  const observer = bothObservers(observe && observation.observer, board.observer);
  return {
    emit,
    shutdown,
    apps,
    watches,
    observation,
    observes: observe !== undefined,
    pool,
    requestFile: observe?.file,
    control,
    poolSettings,
    boardSettings: { ...board, observer },
  };
}

/** Who has saved a file does not want to wait for a WebSocket that stays open. */
const WATCHED_GRACE_MS = 2_000;

const OWN_OPTIONS = ["apps", "watch", "observe", "control"];
const RUN_OPTIONS = [...new Set([...SERVER_POOL_OPTIONS, ...SWITCHBOARD_OPTIONS, ...OWN_OPTIONS])];
