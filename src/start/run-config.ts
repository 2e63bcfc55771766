import type { ControlConfig } from "../control/config.ts";
import type { ServerEvent } from "../pool/events.ts";
import type { HostnameConfig } from "../pool/hostname-config.ts";
import type { ServerPoolConfig } from "../pool/settings.ts";
import type { DeliveryConfig } from "../switchboard/delivery-config.ts";
import type { SwitchboardConfig, SwitchboardEvent } from "../switchboard/settings.ts";
import type { ModuleConfig } from "./app-config.ts";
import type { ChangedEvent } from "./app-watch.ts";
import type { AppsConfig } from "./apps.ts";
import type { ObserveConfig } from "./observe.ts";
import type { ShutdownReport } from "./shutdown.ts";

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
   * for it. Where `apps` is a folder, `env` has variables for the environment of an app: `{ api: { env: { DATABASE_URL } } }`;
   * other apps have their own `env`. @default none
   */
  hostnames?: Readonly<Record<string, HostnameConfig & DeliveryConfig & Pick<ModuleConfig, "env">>> | undefined;
  /**
   * Whether requests and events are kept, and counted: see {@link Observation}. Each request then has an `X-Request-Id`.
   * How much of them, if it is an object. @default true
   */
  observe?: boolean | ObserveConfig | undefined;
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
