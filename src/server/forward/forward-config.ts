import { checkHostname } from "../../base/hostname.ts";
import { noop } from "../../base/operations.ts";
import { checkKnownOptions, durationOption, fail, functionOption, type Resolved } from "../../base/options.ts";
import type { ForwardErrorEvent } from "./forward-failure.ts";
import { type Endpoint, type ForwardTarget, resolveTarget } from "./forward-target.ts";
import { PROCESS_NAME } from "./forwarded-fields.ts";
import type { Elsewhere } from "./forwarding.ts";

/**
 * Options of {@link useForwarder}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ForwarderConfig {
  /** Where the server listens. Nothing that a client sends has a say in it. */
  target: ForwardTarget;
  /** The routing name, for answers, events and `Via`. */
  hostname: string;
  /** How long connecting may take; then 504. @default 5000 */
  connectTimeoutMs?: number | undefined;
  /** How long the head of an answer may take, from the moment in which the request is sent; then 504. @default 300000 */
  responseTimeoutMs?: number | undefined;
  /** How long the server may be silent in the middle of an answer; then the client is cut. @default Infinity */
  idleTimeoutMs?: number | undefined;
  /** Peers whose forwarding fields are believed and continued: addresses, subnets, `"loopback"` and the like. @default [] */
  trustedProxies?: readonly string[] | undefined;
  /** What this switchboard is called in `Via`, where a loop is found by it. @default a name of this process */
  via?: string | undefined;
  /** Hears of every request that failed at the server, synchronously. @default none */
  failed?: ((event: ForwardErrorEvent) => void) | undefined;
  /**
   * Hears of every request for which no connection can be made, of which nothing was sent; may return another server of
   * the same hostname, which takes it over. @default none
   */
  elsewhere?: Elsewhere | undefined;
  /** Hears of the first connection after one that could not be made. @default none */
  reached?: (() => void) | undefined;
}

/** A {@link ForwarderConfig} that was checked, with its defaults. */
export interface ForwarderSettings extends Resolved<Omit<ForwarderConfig, "target">> {
  endpoint: Endpoint;
}

const OPTIONS: readonly (keyof ForwarderConfig)[] = [
  "target",
  "hostname",
  "connectTimeoutMs",
  "responseTimeoutMs",
  "idleTimeoutMs",
  "trustedProxies",
  "via",
  "failed",
  "elsewhere",
  "reached",
];

/** Checks every option, before anything is opened. */
export function resolveForwarder(config: ForwarderConfig): ForwarderSettings {
  checkKnownOptions("useForwarder", config, OPTIONS);
  const { idleTimeoutMs = Number.POSITIVE_INFINITY, via = PROCESS_NAME } = config;
  if (typeof via !== "string" || !/^[\w.-]{1,64}$/.test(via)) fail("via", "1 to 64 letters, digits, - . or _", via);
  return {
    endpoint: resolveTarget(config.target),
    hostname: checkHostname(config.hostname),
    connectTimeoutMs: durationOption("connectTimeoutMs", config.connectTimeoutMs ?? 5_000, 1),
    responseTimeoutMs: durationOption("responseTimeoutMs", config.responseTimeoutMs ?? 300_000, 1),
    idleTimeoutMs:
      idleTimeoutMs === Number.POSITIVE_INFINITY ? idleTimeoutMs : durationOption("idleTimeoutMs", idleTimeoutMs, 1),
    trustedProxies: config.trustedProxies ?? [],
    via,
    failed: functionOption("failed", config.failed) ?? noop,
    elsewhere: functionOption("elsewhere", config.elsewhere) ?? (() => undefined),
    reached: functionOption("reached", config.reached) ?? noop,
  };
}
