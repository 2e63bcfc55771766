import type { IncomingMessage } from "node:http";
import type { ByHostname } from "../base/by-hostname.ts";
import { tell } from "../base/events.ts";
import { toHostname } from "../base/hostname.ts";
import { noop } from "../base/operations.ts";
import {
  checkKnownOptions,
  durationOption,
  fail,
  functionOption,
  integerOption,
  limitOption,
  type Resolved,
  textOption,
} from "../base/options.ts";
import type { RequestObserver } from "../observe/request-observer.ts";
import { createClientOf } from "../server/client.ts";
import type { Admit } from "./admit.ts";
import { DELIVERY_OPTIONS, type DeliveryConfig, type DeliverySettings, resolveDelivery } from "./delivery-config.ts";

/**
 * What happens at the front door.
 *
 * **Lifetime.** `listening` comes first, `draining` and `drained` once each, at the end.
 *
 * **Failure.** A `front-error` is told and the front door stays open. A listener that throws is reported as a process
 * warning.
 */
export type SwitchboardEvent =
  /** The switchboard listens. */
  | { type: "listening"; url: string; port: number }
  /** The shutdown has begun: new requests get 503. It waits for what is in flight, and for these servers that start. */
  | { type: "draining"; requests: number; sockets: number; starting: readonly string[] }
  /** What the drain came to: requests and sockets that finished in time, and those that were cut. */
  | { type: "drained"; requestsFinished: number; requestsCut: number; socketsCut: number; ms: number }
  /**
   * The front door itself failed at something, such as `admit` or an accept; it stays open. The command keeps errors that
   * no app has caught as such events, too.
   */
  | { type: "front-error"; hostname: string | undefined; error: Error; message: string }
  /** The server of a hostname keeps failing, or its circuit was forced open: it gets no requests until then. */
  | { type: "circuit-opened"; hostname: string; retryAfterMs: number | undefined }
  /** It may have recovered: it gets a few requests. */
  | { type: "circuit-half-opened"; hostname: string }
  /** It has recovered, or its circuit was reset: it gets all requests again. */
  | { type: "circuit-closed"; hostname: string }
  /** Who was refused by a rate limit too often is refused altogether: `key` is what its `by` names. */
  | { type: "blocked"; key: string; ms: number }
  /** A server took too long: 504 for the head of its answer, a cut in the middle of the body. */
  | { type: "timed-out"; hostname: string; waitedFor: "head" | "body"; afterMs: number };

/**
 * Options of {@link useSwitchboard}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface SwitchboardConfig extends DeliveryConfig {
  /** The port to listen on; 0 is any free one. */
  port: number;
  /** The address to bind. @default "127.0.0.1" */
  host?: string | undefined;
  /** The hostname of requests that name none: a bare loopback name, or one of `domains` itself. @default "default" */
  defaultHostname?: string | undefined;
  /**
   * Serve only names under these: `shop.example.test` is `shop` under `example.test`; any other name gets 421.
   * @default every name
   */
  domains?: readonly string[] | undefined;
  /**
   * Asked before every delivery; `false` answers 421, and the name is refused for `refusedForMs` without asking.
   * @default none
   */
  admit?: ((hostname: string, request: IncomingMessage) => boolean | Promise<boolean>) | undefined;
  /** How long a promise of `admit` may take; then 504. @default 5000 */
  admitTimeoutMs?: number | undefined;
  /** How long a name that `admit` refused is refused without asking again. @default 10000 */
  refusedForMs?: number | undefined;
  /**
   * Proxies in front of this one, by address, subnet such as `"10.0.0.0/8"`, or `"loopback"`, `"linklocal"` and
   * `"uniquelocal"`: what they say in `X-Forwarded-For` decides whose request it is. Anybody else's is not believed.
   * @default none
   */
  trustedProxies?: readonly string[] | undefined;
  /**
   * Other options for some hostnames: `{ "*.api": { circuitBreaker: {} } }`. The key is a hostname, or `*.` and what it
   * ends in; of several that fit, the most specific one that has an option counts for it. @default none
   */
  hostnames?: Readonly<Record<string, DeliveryConfig>> | undefined;
  /** How long what is in flight may take to finish at the end; the rest is cut. @default 10000 */
  graceMs?: number | undefined;
  /** How long a client connection may be idle between two requests; then it is closed. @default 65000 */
  keepAliveTimeoutMs?: number | undefined;
  /** How long the head of a request may take to arrive; then 408. @default 20000 */
  headTimeoutMs?: number | undefined;
  /** How long the client may be silent in the middle of a body; then 408. @default 300000 */
  bodyTimeoutMs?: number | undefined;
  /**
   * How long a browser that opens a page waits for a server that starts; then it is shown a page that says so, and asks
   * again by itself. After a failure it waits for 3 s at least. Everything else is held. `Infinity` is never. @default 700
   */
  waitingPageMs?: number | undefined;
  /**
   * Hears of every request. With it, each has an `X-Request-Id`: its own if that is a sane one, else a new one, which its
   * server and the client get, too. @default none
   */
  observer?: RequestObserver | undefined;
  /** Hears of every event, synchronously. @default none */
  onEvent?: ((event: SwitchboardEvent) => void) | undefined;
}

/** A {@link SwitchboardConfig} that was checked, with its defaults. */
export interface SwitchboardSettings
  extends Resolved<
    Omit<SwitchboardConfig, "admit" | "domains" | "observer" | "onEvent" | "hostnames" | keyof DeliveryConfig>
  > {
  admit: Admit | undefined;
  /** Longest first. */
  domains: readonly string[] | undefined;
  /** `undefined` when nothing is set for any hostname. */
  delivery: ByHostname<DeliverySettings> | undefined;
  observer: RequestObserver | undefined;
  onEvent: (event: SwitchboardEvent) => void;
}

/** The names of every option of a switchboard. */
export const SWITCHBOARD_OPTIONS: readonly (keyof SwitchboardConfig)[] = [
  "port",
  "host",
  "defaultHostname",
  "domains",
  "admit",
  "admitTimeoutMs",
  "refusedForMs",
  "trustedProxies",
  "hostnames",
  "graceMs",
  "keepAliveTimeoutMs",
  "headTimeoutMs",
  "bodyTimeoutMs",
  "waitingPageMs",
  "observer",
  "onEvent",
  ...DELIVERY_OPTIONS,
];

/** Checks every option, before anything is opened. */
export function resolveSwitchboard(config: SwitchboardConfig): SwitchboardSettings {
  checkKnownOptions("useSwitchboard", config, SWITCHBOARD_OPTIONS);
  const onEvent = functionOption("onEvent", config.onEvent) ?? noop;
  const { trustedProxies = [] } = config;
  createClientOf(trustedProxies);
  return {
    port: integerOption("port", config.port, 0, 65_535),
    host: textOption("host", config.host ?? "127.0.0.1"),
    defaultHostname: hostnameOption("defaultHostname", config.defaultHostname ?? "default"),
    domains: config.domains === undefined ? undefined : domainsOption(config.domains),
    admit: functionOption("admit", config.admit),
    admitTimeoutMs: durationOption("admitTimeoutMs", config.admitTimeoutMs ?? 5_000, 1),
    refusedForMs: durationOption("refusedForMs", config.refusedForMs ?? 10_000),
    trustedProxies: [...trustedProxies],
    delivery: resolveDelivery(config, config.hostnames),
    graceMs: durationOption("graceMs", config.graceMs ?? 10_000),
    keepAliveTimeoutMs: durationOption("keepAliveTimeoutMs", config.keepAliveTimeoutMs ?? 65_000, 1),
    headTimeoutMs: durationOption("headTimeoutMs", config.headTimeoutMs ?? 20_000, 1),
    bodyTimeoutMs: durationOption("bodyTimeoutMs", config.bodyTimeoutMs ?? 300_000, 1),
    waitingPageMs: limitOption("waitingPageMs", config.waitingPageMs ?? 700),
    observer: config.observer === undefined ? undefined : observerOption(config.observer),
    onEvent: (event) => tell(onEvent, event),
  };
}

function observerOption(observer: RequestObserver): RequestObserver {
  const { began, finished } = observer;
  if (typeof began !== "function" || typeof finished !== "function") {
    fail("observer", "an object with the functions began and finished", observer);
  }
  return observer;
}

function domainsOption(domains: unknown): readonly string[] {
  if (!Array.isArray(domains) || domains.length === 0) return fail("domains", "a list with at least one name", domains);
  const names = domains.map((domain, i) => hostnameOption(`domains[${i}]`, domain));
  return names.sort((a, b) => b.length - a.length);
}

function hostnameOption(option: string, value: unknown): string {
  const hostname = typeof value === "string" ? toHostname(value) : undefined;
  return hostname ?? fail(option, 'a hostname (letters, digits, "-", "_" and dots)', value);
}
