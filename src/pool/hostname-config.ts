import { type ByHostname, resolveByHostname } from "../base/by-hostname.ts";
import { checkKnownOptions, durationOption, limitOption } from "../base/options.ts";
import {
  REPLICA_OPTIONS,
  type ReplicaConfig,
  type ReplicaSettings,
  resolveReplicas,
} from "../server/replicas/replica-config.ts";
import { type RestartConfig, type RestartSettings, resolveRestart } from "./restart-config.ts";

/**
 * Options for the hostnames that fit a pattern: what differs from the pool's.
 *
 * **Lifetime.** It is part of the options of a pool, and read with them.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is as if it were not there.
 */
export interface HostnameConfig extends ReplicaConfig {
  /** What happens after a failure; each of its options by itself. @default that of the pool */
  restart?: RestartConfig | undefined;
  /** Stops a server with no request and no open socket for this long. @default that of the pool */
  idleTimeoutMs?: number | undefined;
  /** How long a server may take until it listens. @default that of the pool */
  startTimeoutMs?: number | undefined;
  /**
   * How long what is in flight may take to finish; in the shutdown of a switchboard, what is left of the one period for
   * all, if that is less. @default that of the pool
   */
  graceMs?: number | undefined;
}

/** What counts for one hostname. */
export interface HostnameSettings {
  restart: RestartSettings;
  idleTimeoutMs: number;
  startTimeoutMs: number;
  /** The same for a server that is a command. */
  commandTimeoutMs: number;
  graceMs: number;
  replicas: ReplicaSettings;
}

/** What counts for each hostname. */
export interface SettingsByHostname extends ByHostname<HostnameSettings> {
  /** The shortest idle time of all; `Infinity` when no server ever stops for that. */
  shortestIdleMs: number;
}

/** The names of every option of {@link HostnameConfig}. */
export const HOSTNAME_OPTIONS: readonly (keyof HostnameConfig)[] = [
  "restart",
  "idleTimeoutMs",
  "startTimeoutMs",
  "graceMs",
  ...REPLICA_OPTIONS,
];

/** Checks `hostnames`, and puts them over the options of the pool. */
export function resolveHostnames(
  hostnames: Readonly<Record<string, HostnameConfig>>,
  defaults: HostnameSettings,
): SettingsByHostname {
  const settings = resolveByHostname(hostnames, defaults, resolveLayer);
  return { ...settings, shortestIdleMs: Math.min(...settings.all.map(({ idleTimeoutMs }) => idleTimeoutMs)) };
}

/** Checks the options of one hostname, which stand at `at`, and puts them over `base`. */
export function resolveLayer(at: string, config: HostnameConfig, base: HostnameSettings): HostnameSettings {
  checkKnownOptions(at, config, HOSTNAME_OPTIONS);
  return {
    restart: resolveRestart(`${at}.restart`, config.restart, base.restart),
    idleTimeoutMs: limitOption(`${at}.idleTimeoutMs`, config.idleTimeoutMs ?? base.idleTimeoutMs),
    startTimeoutMs: durationOption(`${at}.startTimeoutMs`, config.startTimeoutMs ?? base.startTimeoutMs, 1),
    commandTimeoutMs: config.startTimeoutMs ?? base.commandTimeoutMs,
    graceMs: durationOption(`${at}.graceMs`, config.graceMs ?? base.graceMs),
    replicas: resolveReplicas(`${at}.`, config, base.replicas),
  };
}
