import { inspect } from "node:util";
import { checkKnownOptions, fail, pick } from "../base/options.ts";
import { HOSTNAME_OPTIONS, type HostnameConfig } from "../pool/hostname-config.ts";
import { DELIVERY_OPTIONS, type DeliveryConfig } from "../switchboard/delivery-config.ts";
import { APP_HOSTNAME_OPTIONS } from "./app-config.ts";
import type { AppsConfig } from "./apps.ts";

interface Parts {
  pool: Readonly<Record<string, HostnameConfig>> | undefined;
  board: Readonly<Record<string, DeliveryConfig>> | undefined;
}

type Hostnames = Readonly<Record<string, HostnameConfig & DeliveryConfig>> | undefined;

/**
 * Gives the pool and the switchboard their part of `hostnames` each, with what `apps` says of its hostnames. Whatever else
 * is wrong with them, they will say.
 */
export function splitHostnames(hostnames: Hostnames, apps: AppsConfig | undefined): Parts {
  if (hostnames !== undefined && (typeof hostnames !== "object" || hostnames === null || Array.isArray(hostnames))) {
    return { pool: hostnames, board: undefined };
  }
  for (const [pattern, config] of Object.entries(hostnames ?? {})) {
    checkKnownOptions(`hostnames[${inspect(pattern)}]`, config, APP_HOSTNAME_OPTIONS);
  }
  const merged = typeof apps === "object" ? merge(hostnames ?? {}, apps) : (hostnames ?? {});
  const part = (options: readonly string[]) =>
    Object.fromEntries(Object.entries(merged).map(([pattern, config]) => [pattern, pick(config, options)]));
  return { pool: part(HOSTNAME_OPTIONS), board: part(DELIVERY_OPTIONS) };
}

/** An option is not to stand in both. */
function merge(hostnames: NonNullable<Hostnames>, apps: Exclude<AppsConfig, string>): NonNullable<Hostnames> {
  const merged: Record<string, HostnameConfig & DeliveryConfig> = { ...hostnames };
  for (const [pattern, app] of Object.entries(apps)) {
    const own: HostnameConfig & DeliveryConfig = pick(app, APP_HOSTNAME_OPTIONS);
    const other = hostnames[pattern] ?? {};
    const [twice] = Object.keys(own).filter((option) => option in other);
    if (twice !== undefined) {
      fail(`hostnames[${inspect(pattern)}]`, `without ${twice}, which stands in apps, too`, other);
    }
    if (Object.keys(own).length > 0) merged[pattern] = { ...other, ...own };
  }
  return merged;
}
