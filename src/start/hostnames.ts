import { inspect } from "node:util";
import { checkKnownOptions, fail } from "../base/options.ts";
import { HOSTNAME_OPTIONS, type HostnameConfig } from "../pool/hostname-config.ts";
import { DELIVERY_OPTIONS, type DeliveryConfig } from "../switchboard/delivery-config.ts";
import { APP_HOSTNAME_OPTIONS } from "./app-config.ts";
import type { AppsConfig } from "./apps.ts";

type Hostnames = Readonly<Record<string, HostnameConfig & DeliveryConfig>> | undefined;

/** Adds what `apps` says of its hostnames to `hostnames`. An option is not to stand in both. */
export function mergeHostnames(hostnames: Hostnames, apps: AppsConfig | undefined): Hostnames {
  if (typeof apps !== "object" || typeof (hostnames ?? {}) !== "object") return hostnames;
  const merged: Record<string, HostnameConfig & DeliveryConfig> = { ...hostnames };
  for (const [pattern, app] of Object.entries(apps)) {
    const own: HostnameConfig & DeliveryConfig = pick(app, APP_HOSTNAME_OPTIONS);
    const [twice] = Object.keys(own).filter((option) => option in (merged[pattern] ?? {}));
    if (twice !== undefined)
      fail(`hostnames[${inspect(pattern)}]`, `without ${twice}, which stands in apps, too`, hostnames?.[pattern]);
    if (Object.keys(own).length > 0) merged[pattern] = { ...merged[pattern], ...own };
  }
  return merged;
}

/** Gives the pool and the switchboard their part of `hostnames` each. Whatever else is wrong with it, they will say. */
export function splitHostnames(hostnames: Hostnames): {
  pool: Readonly<Record<string, HostnameConfig>> | undefined;
  board: Readonly<Record<string, DeliveryConfig>> | undefined;
} {
  if (typeof hostnames !== "object" || hostnames === null || Array.isArray(hostnames)) {
    return { pool: hostnames, board: undefined };
  }
  for (const [pattern, config] of Object.entries(hostnames)) {
    checkKnownOptions(`hostnames[${inspect(pattern)}]`, config, [...HOSTNAME_OPTIONS, ...DELIVERY_OPTIONS]);
  }
  const part = (options: readonly string[]) =>
    Object.fromEntries(Object.entries(hostnames).map(([pattern, config]) => [pattern, pick(config, options)]));
  return { pool: part(HOSTNAME_OPTIONS), board: part(DELIVERY_OPTIONS) };
}

/** What of `from` is in `keys`. */
export function pick<T extends object, K extends keyof T & string>(from: T, keys: readonly string[]): Pick<T, K> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as Pick<T, K>;
}
