import { inspect } from "node:util";
import { resolveByHostname } from "../base/by-hostname.ts";
import { checkKnownOptions, fail, pick } from "../base/options.ts";
import { HOSTNAME_OPTIONS, type HostnameConfig } from "../pool/hostname-config.ts";
import { type Environment, envOption } from "../server/environment.ts";
import { DELIVERY_OPTIONS, type DeliveryConfig } from "../switchboard/delivery-config.ts";
import { APP_HOSTNAME_OPTIONS } from "./app-config.ts";
import type { AppsConfig } from "./apps.ts";
import type { EnvironmentOf } from "./apps-folder.ts";
import type { RunConfig } from "./run-config.ts";

interface Parts {
  pool: Readonly<Record<string, HostnameConfig>> | undefined;
  board: Readonly<Record<string, DeliveryConfig>> | undefined;
}

type Hostnames = RunConfig["hostnames"];

/**
 * Gives the pool and the switchboard their part of `hostnames` each, with what `apps` says of its hostnames. Whatever else
 * is wrong with them, they will say.
 */
export function splitHostnames(hostnames: Hostnames, apps: AppsConfig | undefined): Parts {
  if (hostnames !== undefined && (typeof hostnames !== "object" || hostnames === null || Array.isArray(hostnames))) {
    return { pool: hostnames, board: undefined };
  }
  for (const [pattern, config] of Object.entries(hostnames ?? {})) {
    checkKnownOptions(`hostnames[${inspect(pattern)}]`, config, [...APP_HOSTNAME_OPTIONS, "env"]);
    if (config.env !== undefined && typeof apps !== "string") {
      fail(`hostnames[${inspect(pattern)}]`, "without env unless apps is a folder: it stands beside the app", config);
    }
  }
  const merged = typeof apps === "object" ? merge(hostnames ?? {}, apps) : (hostnames ?? {});
  const part = (options: readonly string[]) =>
    Object.fromEntries(Object.entries(merged).map(([pattern, config]) => [pattern, pick(config, options)]));
  return { pool: part(HOSTNAME_OPTIONS), board: part(DELIVERY_OPTIONS) };
}

/** The variables that `hostnames` has for each app of a folder. */
export function resolveEnvironments(hostnames: Hostnames): EnvironmentOf {
  const { of } = resolveByHostname<{ env?: Environment | undefined }, Environment | undefined>(
    hostnames ?? {},
    undefined,
    (at, { env }, base) => (env === undefined ? base : envOption(`${at}.env`, env)),
  );
  return of;
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
