import { checkKnownOptions, choiceOption, durationOption, functionOption, integerOption } from "../base/options.ts";
import { type AppFactory, toAppFactory } from "../server/app.ts";
import { createDemoApp } from "../server/demo-app.ts";
import type { ServerEvent } from "./events.ts";

/** Options of {@link useServerPool}. */
export interface ServerPoolConfig {
  /** The first port to give to a server; taken ones are skipped. 0 lets the operating system choose. @default 3001 */
  basePort?: number;
  /** How many servers may exist at once, those that start and stop included. @default 100 */
  maxServers?: number;
  /** Makes the app of each hostname. @default the built-in demo app */
  app?: AppFactory;
  /** Stops a server with nothing in flight for this long, in milliseconds; `Infinity` is never. @default Infinity */
  idleTimeoutMs?: number;
  /** How long a server may take until it listens, in milliseconds; then the start has failed. @default 10000 */
  startTimeoutMs?: number;
  /** How long what is in flight may take to finish when its server stops, in milliseconds. @default 10000 */
  graceMs?: number;
  /** At `maxServers`: stop the server that has been idle for longest, or refuse the new one. @default "evict-idle" */
  whenFull?: "evict-idle" | "reject";
  /** Hears of every event, synchronously, also of the last one of a teardown. */
  onEvent?: (event: ServerEvent) => void;
}

/** A {@link ServerPoolConfig} that was checked, with its defaults. */
export interface ServerPoolSettings extends Required<Omit<ServerPoolConfig, "onEvent" | "graceMs">> {
  onEvent: ((event: ServerEvent) => void) | undefined;
  /** Asked when a drain begins. */
  graceMs: () => number;
}

/** The names of every option of a pool. */
export const SERVER_POOL_OPTIONS: readonly (keyof ServerPoolConfig)[] = [
  "basePort",
  "maxServers",
  "app",
  "idleTimeoutMs",
  "startTimeoutMs",
  "graceMs",
  "whenFull",
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
