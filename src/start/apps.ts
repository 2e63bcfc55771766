import { inspect } from "node:util";
import { SwitchboardError } from "../base/errors.ts";
import { thereAre } from "../base/listing.ts";
import { fail } from "../base/options.ts";
import { createPatterns } from "../base/patterns.ts";
import type { AppFactory } from "../server/app.ts";
import { type AppConfig, resolveApp } from "./app-config.ts";
import type { AppPlan, Apps } from "./app-plan.ts";
import { type EnvironmentOf, openFolder } from "./apps-folder.ts";

/**
 * Where apps come from: for each hostname, or `*.` and what it ends in, a module, a command or a URL; or a folder whose
 * files and folders are the apps, each for the hostname that is its name.
 *
 * **Lifetime.** Read once, at the call; a folder is looked at again for each start.
 *
 * **Failure.** A pattern that fits no hostname, two that are the same, and a wrong app throw `INVALID_OPTION` at the call.
 */
export type AppsConfig = string | Readonly<Record<string, AppConfig>>;

/** Checks where apps come from, before anything is started. `envOf` has variables for those of a folder. */
export function resolveApps(apps: AppsConfig, envOf?: EnvironmentOf): Apps {
  if (typeof apps === "string") return openFolder(apps, envOf);
  if (typeof apps !== "object" || apps === null || Array.isArray(apps)) {
    fail("apps", "the path of a folder, or an object with an app for each hostname", apps);
  }
  const patterns = createPatterns("apps", Object.keys(apps));
  const all = Object.entries(apps).map(([text, config]) => resolveApp(`apps[${inspect(text)}]`, config));
  const plans = new Map(patterns.all.map((pattern, i) => [pattern, all[i] as AppPlan]));
  return {
    find: (hostname) => plans.get(patterns.find(hostname) ?? ""),
    whyNot: () => undefined,
    keyOf: (hostname) => patterns.find(hostname) ?? hostname,
    names: () => patterns.all,
  };
}

/** The app factory that gives each hostname its app. `begins` is told of each start. */
export function createAppFactory(apps: Apps, begins: (hostname: string, plan: AppPlan) => void): AppFactory {
  return (context) => {
    const { hostname } = context;
    const plan = apps.find(hostname);
    if (plan === undefined) throw noApp(apps, hostname);
    begins(hostname, plan);
    return plan.make(context);
  };
}

/** Why there is no app for `hostname`; `undefined` where there is one, also when something is wrong with it: its start says what. */
export function whyNoApp(apps: Apps, hostname: string): SwitchboardError | undefined {
  try {
    return apps.find(hostname) === undefined ? noApp(apps, hostname) : undefined;
  } catch {
    return undefined;
  }
}

function noApp(apps: Apps, hostname: string): SwitchboardError {
  const names = apps.names();
  const why = apps.whyNot(hostname);
  const message = `there is no app for "${hostname}"${why === undefined ? "" : `: ${why}`}; ${thereAre(names)}`;
  return new SwitchboardError("DECLINED", message, { hostname, names });
}
