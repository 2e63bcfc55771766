import { availableParallelism } from "node:os";
import { toHostname } from "../base/hostname.ts";
import {
  checkKnownOptions,
  choiceOption,
  durationOption,
  fail,
  functionOption,
  integerOption,
  limitOption,
} from "../base/options.ts";
import { type AppFactory, type ExpressApp, toAppFactory } from "../server/app.ts";
import { createDemoApp } from "../server/demo-app.ts";
import {
  ONE_REPLICA,
  REPLICA_OPTIONS,
  type ReplicaConfig,
  resolveReplicas,
} from "../server/replicas/replica-config.ts";
import type { ServerEvent } from "./events.ts";
import { type HostnameConfig, resolveHostnames, type SettingsByHostname } from "./hostname-config.ts";
import { RESTART_DEFAULTS, type RestartConfig, resolveRestart } from "./restart-config.ts";

/**
 * Options of {@link useServerPool}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ServerPoolConfig extends ReplicaConfig {
  /** Makes the app of each hostname; or one Express app for all of them. @default a demo app */
  app?: AppFactory | ExpressApp | undefined;
  /** The first port for inline apps and commands; taken ones are skipped, 0 is any free one. Threads take any free port. @default 3001 */
  basePort?: number | undefined;
  /** How many servers may exist at once, those that start and stop included. @default 100 */
  maxServers?: number | undefined;
  /**
   * At `maxServers`: `"evict-idle"` stops the longest idle server, `"reject"` or none idle answers 503.
   * @default "evict-idle"
   */
  whenFull?: "evict-idle" | "reject" | undefined;
  /**
   * How many servers may start at once, until they listen; the others wait for their turn, those that somebody asked for
   * first, and after `startTimeoutMs` in vain get 503. @default twice `os.availableParallelism()`
   */
  maxStarts?: number | undefined;
  /** Stops a server with no request and no open socket for this long; `Infinity` is never. @default Infinity */
  idleTimeoutMs?: number | undefined;
  /**
   * How long a server may take from its turn until it listens; then the start has failed, and who waits gets 504.
   * A command has 60 s unless this is set.
   * @default 10000
   */
  startTimeoutMs?: number | undefined;
  /** How long what is in flight may take to finish at the end; the rest is cut. @default 10000 */
  graceMs?: number | undefined;
  /** What happens after a server has crashed, or could not start. @default as below */
  restart?: RestartConfig | undefined;
  /**
   * Hostnames whose servers start at once, are never stopped for being idle or to make room, and are started again by
   * themselves after a failure, unless their policy says otherwise. @default none
   */
  pinned?: readonly string[] | undefined;
  /**
   * Other options for some hostnames: `{ "*.api": { idleTimeoutMs: 60_000 } }`. The key is a hostname, or `*.` and what
   * it ends in; of several that fit, the most specific one that has an option counts for it. @default none
   */
  hostnames?: Readonly<Record<string, HostnameConfig>> | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: ServerEvent) => void) | undefined;
}

/** A {@link ServerPoolConfig} that was checked, with its defaults. */
export interface ServerPoolSettings {
  app: AppFactory;
  basePort: number;
  maxServers: number;
  whenFull: "evict-idle" | "reject";
  maxStarts: number;
  pinned: readonly string[];
  byHostname: SettingsByHostname;
  onEvent: ((event: ServerEvent) => void) | undefined;
  /** Asked when the drain of a server begins that has `ownMs`. */
  graceMs: (ownMs: number) => number;
  /** Why there is no app for a hostname, where that is known before a start: then nothing starts. */
  declines?: ((hostname: string) => Error | undefined) | undefined;
}

/** The names of every option of a pool. */
export const SERVER_POOL_OPTIONS: readonly (keyof ServerPoolConfig)[] = [
  "app",
  "basePort",
  "maxServers",
  "whenFull",
  "maxStarts",
  "idleTimeoutMs",
  "startTimeoutMs",
  "graceMs",
  "restart",
  "pinned",
  "hostnames",
  "onEvent",
  ...REPLICA_OPTIONS,
];

/** Commands install, compile and bundle before they listen. */
const COMMAND_TIMEOUT_MS = 60_000;

/** Checks every option, before anything is opened. */
export function resolveServerPool(config: ServerPoolConfig): ServerPoolSettings {
  checkKnownOptions("useServerPool", config, SERVER_POOL_OPTIONS);
  const maxServers = integerOption("maxServers", config.maxServers ?? 100, 1, 1_000_000);
  const defaults = {
    idleTimeoutMs: limitOption("idleTimeoutMs", config.idleTimeoutMs ?? Number.POSITIVE_INFINITY),
    startTimeoutMs: durationOption("startTimeoutMs", config.startTimeoutMs ?? 10_000, 1),
    commandTimeoutMs: config.startTimeoutMs ?? COMMAND_TIMEOUT_MS,
    graceMs: durationOption("graceMs", config.graceMs ?? 10_000),
    restart: resolveRestart("restart", config.restart, RESTART_DEFAULTS),
    replicas: resolveReplicas("", config, ONE_REPLICA),
  };
  return {
    basePort: integerOption("basePort", config.basePort ?? 3001, 0, 65_535),
    maxServers,
    app: config.app === undefined ? createDemoApp : toAppFactory("app", config.app),
    whenFull: choiceOption("whenFull", config.whenFull ?? "evict-idle", ["evict-idle", "reject"]),
    maxStarts: integerOption("maxStarts", config.maxStarts ?? 2 * availableParallelism(), 1, 1_000_000),
    pinned: resolvePinned(config.pinned ?? [], maxServers),
    byHostname: resolveHostnames(config.hostnames ?? {}, defaults),
    graceMs: (ownMs) => ownMs,
    onEvent: functionOption("onEvent", config.onEvent),
  };
}

function resolvePinned(names: readonly string[], maxServers: number): string[] {
  if (!Array.isArray(names)) fail("pinned", "an array of hostnames", names);
  const pinned = names.map((name: unknown, i) => {
    const hostname = typeof name === "string" ? toHostname(name) : undefined;
    return hostname ?? fail(`pinned[${i}]`, "a hostname", name);
  });
  const unique = [...new Set(pinned)];
  if (unique.length > maxServers) fail("pinned", `at most maxServers (${maxServers}) hostnames`, unique.length);
  return unique;
}
