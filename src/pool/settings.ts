import {
  checkKnownOptions,
  choiceOption,
  durationOption,
  functionOption,
  integerOption,
  type Resolved,
} from "../base/options.ts";
import { type AppFactory, type ExpressApp, toAppFactory } from "../server/app.ts";
import { createDemoApp } from "../server/demo-app.ts";
import type { ServerEvent } from "./events.ts";

/**
 * Options of {@link useServerPool}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ServerPoolConfig {
  /** Makes the app of each hostname; or one Express app for all of them. @default a demo app */
  app?: AppFactory | ExpressApp | undefined;
  /** The first port for servers; taken ones are skipped, 0 is any free one. @default 3001 */
  basePort?: number | undefined;
  /** How many servers may exist at once, those that start and stop included. @default 100 */
  maxServers?: number | undefined;
  /**
   * At `maxServers`: `"evict-idle"` stops the longest idle server, `"reject"` or none idle answers 503.
   * @default "evict-idle"
   */
  whenFull?: "evict-idle" | "reject" | undefined;
  /** Stops a server with no request and no open socket for this long; `Infinity` is never. @default Infinity */
  idleTimeoutMs?: number | undefined;
  /** How long a server may take until it listens; then the start has failed, and who waits gets 504. @default 10000 */
  startTimeoutMs?: number | undefined;
  /** How long what is in flight may take to finish at the end; the rest is cut. @default 10000 */
  graceMs?: number | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: ServerEvent) => void) | undefined;
}

/** A {@link ServerPoolConfig} that was checked, with its defaults. */
export interface ServerPoolSettings extends Resolved<Omit<ServerPoolConfig, "app" | "onEvent" | "graceMs">> {
  app: AppFactory;
  onEvent: ((event: ServerEvent) => void) | undefined;
  /** Asked when a drain begins. */
  graceMs: () => number;
}

/** The names of every option of a pool. */
export const SERVER_POOL_OPTIONS: readonly (keyof ServerPoolConfig)[] = [
  "app",
  "basePort",
  "maxServers",
  "whenFull",
  "idleTimeoutMs",
  "startTimeoutMs",
  "graceMs",
  "onEvent",
];

/** Checks every option, before anything is opened. */
export function resolveServerPool(config: ServerPoolConfig): ServerPoolSettings {
  checkKnownOptions("useServerPool", config, SERVER_POOL_OPTIONS);
  const { idleTimeoutMs = Number.POSITIVE_INFINITY } = config;
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  return {
    basePort: integerOption("basePort", config.basePort ?? 3001, 0, 65_535),
    maxServers: integerOption("maxServers", config.maxServers ?? 100, 1, 1_000_000),
    app: config.app === undefined ? createDemoApp : toAppFactory("app", config.app),
    idleTimeoutMs:
      idleTimeoutMs === Number.POSITIVE_INFINITY ? idleTimeoutMs : durationOption("idleTimeoutMs", idleTimeoutMs, 1),
    startTimeoutMs: durationOption("startTimeoutMs", config.startTimeoutMs ?? 10_000, 1),
    graceMs: () => graceMs,
    whenFull: choiceOption("whenFull", config.whenFull ?? "evict-idle", ["evict-idle", "reject"]),
    onEvent: functionOption("onEvent", config.onEvent),
  };
}
