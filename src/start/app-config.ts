import { resolve } from "node:path";
import type { ResourceLimits } from "node:worker_threads";
import { checkKnownOptions, choiceOption, fail, pick, textOption, within } from "../base/options.ts";
import { HOSTNAME_OPTIONS, type HostnameConfig } from "../pool/hostname-config.ts";
import { resolveServerPool } from "../pool/settings.ts";
import { makeApp } from "../server/app.ts";
import { type CommandAppConfig, commandApp } from "../server/command/command-app.ts";
import { remoteApp } from "../server/forward/remote-app.ts";
import { loadApp } from "../server/module.ts";
import { type ThreadAppConfig, threadApp } from "../server/thread/thread-app.ts";
import { fileOption } from "../server/thread/thread-config.ts";
import { DELIVERY_OPTIONS, type DeliveryConfig } from "../switchboard/delivery-config.ts";
import { resolveSwitchboard } from "../switchboard/settings.ts";
import type { AppPlan, Watched } from "./app-plan.ts";

/**
 * An app that is a file: a JS or TS module whose default export is an app factory, an Express app or a request listener.
 *
 * **Lifetime.** Read once, at the call. A thread loads the file at each start, this process only once.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. What is wrong with the file fails the start.
 */
export interface ModuleConfig extends HostnameConfig, DeliveryConfig {
  /** The path of the file, or its `file:` URL. */
  module: string | URL;
  /**
   * Where it runs: in a worker thread, where it slows nobody else and is loaded afresh at each start, or inline, on the
   * event loop of the switchboard, where a request costs least. @default "thread"
   */
  kind?: "thread" | "inline" | undefined;
  /** How much memory a thread can have, as in `node:worker_threads`; with more it crashes. @default those of Node */
  resourceLimits?: ResourceLimits | undefined;
  /** Variables for the `process.env` of a thread, beside those of this process; `undefined` takes one away. @default none */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Files and folders whose changes start it again, where `watch` is on. Not for inline ones. @default the file itself */
  watch?: readonly string[] | undefined;
}

/**
 * An app that is a program, as with `commandApp`: `{ command: "npm run dev", cwd: "../shop" }`.
 *
 * **Lifetime.** Read once, at the call. Each start runs the command anew.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface CommandConfig extends CommandAppConfig, HostnameConfig, DeliveryConfig {
  /** A line for `/bin/sh`, or a program and its arguments. `{port}`, `{host}` and `{hostname}` in it are replaced. */
  command: string | readonly string[];
  /** Files and folders whose changes start it again, where `watch` is on. @default none: dev servers watch by themselves */
  watch?: readonly string[] | undefined;
}

/**
 * An app that somebody else runs, as with `remoteApp`: `{ url: "http://10.0.0.5:3000" }`.
 *
 * **Lifetime.** Read once, at the call. Nothing is started or stopped but connections.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. Its server's absence is 502 for each request.
 */
export interface RemoteConfig extends HostnameConfig, DeliveryConfig {
  /** Where it is: no path, query or user. */
  url: string;
}

/**
 * Where the app of a hostname comes from, and the options of `hostnames` that count for it.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** It has exactly one of `module`, `command` and `url`; anything else throws `INVALID_OPTION` at the call.
 */
export type AppConfig = ModuleConfig | CommandConfig | RemoteConfig;

/** The options that every app may have: those of `hostnames`, for its own name. */
export const APP_HOSTNAME_OPTIONS: readonly string[] = [...HOSTNAME_OPTIONS, ...DELIVERY_OPTIONS];

const SOURCES = {
  module: ["module", "kind", "resourceLimits", "env", "watch"],
  command: ["command", "cwd", "env", "ready", "watch"],
  url: ["url"],
} as const;

type Source = keyof typeof SOURCES;

/** Checks the options of one app, which stand at `at`. */
export function resolveApp(at: string, config: AppConfig): AppPlan {
  const source = sourceOf(at, config);
  checkKnownOptions(`${at}, which has ${source},`, config, [...SOURCES[source], ...APP_HOSTNAME_OPTIONS]);
  return within(at, () => {
    // Checked here as well, so that what is said of them is where they stand: later they are among those of hostnames.
    resolveServerPool(pick(config, HOSTNAME_OPTIONS));
    resolveSwitchboard({ ...pick(config, DELIVERY_OPTIONS), port: 0 });
    if (source === "module") return planModule(config as ModuleConfig);
    return source === "command" ? planCommand(config as CommandConfig) : planUrl(config as RemoteConfig);
  });
}

/** An app that is a file, in a thread of its own. */
export function planThread(file: string, watched: AppPlan["watched"], config: ThreadAppConfig): AppPlan {
  const app = threadApp(file, config);
  return { make: () => app, watched };
}

function planModule({ module, kind, resourceLimits, env, watch }: ModuleConfig): AppPlan {
  const file = fileOption(module);
  if (choiceOption("kind", kind ?? "thread", ["thread", "inline"]) === "thread") {
    return planThread(file, watchOption(watch) ?? [{ path: file, codeOnly: false }], { resourceLimits, env });
  }
  if (resourceLimits !== undefined) fail("resourceLimits", "absent beside kind 'inline'", resourceLimits);
  if (env !== undefined) fail("env", "absent beside kind 'inline', which has that of this process", env);
  if (watch !== undefined) fail("watch", "absent beside kind 'inline', which is loaded only once", watch);
  return {
    *make(context) {
      return yield* makeApp(yield* loadApp(file), context);
    },
    watched: [],
  };
}

function planCommand({ command, cwd, env, ready, watch }: CommandConfig): AppPlan {
  const app = commandApp(command, { cwd: resolve(textOption("cwd", cwd ?? ".")), env, ready });
  return { make: () => app, watched: watchOption(watch) ?? [] };
}

function planUrl({ url }: RemoteConfig): AppPlan {
  const app = within("url", () => remoteApp(url));
  return { make: () => app, watched: [] };
}

function watchOption(watch: unknown): Watched[] | undefined {
  if (watch === undefined) return undefined;
  if (!Array.isArray(watch)) return fail("watch", "a list of paths", watch);
  return watch.map((path: unknown, i) => ({ path: resolve(textOption(`watch[${i}]`, path)), codeOnly: false }));
}

function sourceOf(at: string, config: AppConfig): Source {
  const sources = Object.keys(SOURCES) as Source[];
  const given = sources.filter((source) => config?.[source as never] !== undefined);
  const [source] = given;
  if (source !== undefined && given.length === 1) return source;
  const known = [...Object.values(SOURCES).flat(), ...APP_HOSTNAME_OPTIONS];
  checkKnownOptions(at, config, [...new Set(known)]);
  return fail(at, `an app with exactly one of ${sources.join(", ")}`, config);
}
