import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Operation } from "effection";
import { fail } from "../../base/options.ts";
import { loadDefault } from "../../server/module.ts";
import type { AppConfig, CommandConfig, ModuleConfig } from "../../start/app-config.ts";
import { checkFolder } from "../../start/apps-folder.ts";
import { defineSwitchboard } from "../../start/define.ts";
import type { RunConfig } from "../../start/run-config.ts";

const NAMES = ["ts", "mts", "js", "mjs"].map((extension) => `switchboard.config.${extension}`);

/**
 * The options of a config file: `file`, or else the first of `switchboard.config.{ts,mts,js,mjs}` that the current
 * directory has; none when it has none. Its paths are those from its own folder. Waits for at most `limitMs`.
 */
export function* loadConfig(file: string | undefined, limitMs: number): Operation<RunConfig> {
  const found = file ?? NAMES.find((name) => existsSync(name));
  if (found === undefined) return {};
  return yield* loadDefault(found, (exported) => check(dirname(resolve(found)), exported), limitMs);
}

function check(folder: string, exported: unknown): RunConfig {
  if (typeof exported !== "object" || exported === null) {
    fail("its default export", "an object of options, as defineSwitchboard takes them", exported);
  }
  const config = defineSwitchboard(exported as RunConfig);
  return { ...config, apps: fromFolder(folder, config.apps), observe: observeFromFolder(folder, config.observe) };
}

function observeFromFolder(folder: string, observe: RunConfig["observe"]): RunConfig["observe"] {
  if (typeof observe !== "object" || observe.file === undefined) return observe;
  return { ...observe, file: resolve(folder, observe.file) };
}

function fromFolder(folder: string, apps: RunConfig["apps"]): RunConfig["apps"] {
  if (typeof apps === "string") {
    const path = resolve(folder, apps);
    checkFolder(path);
    return path;
  }
  if (apps === undefined) return undefined;
  return Object.fromEntries(Object.entries(apps).map(([pattern, app]) => [pattern, appFromFolder(folder, app)]));
}

function appFromFolder(folder: string, app: AppConfig): AppConfig {
  if ("url" in app && app.url !== undefined) return app;
  const { watch } = app as ModuleConfig | CommandConfig;
  const own = watch === undefined ? {} : { watch: watch.map((path) => resolve(folder, path)) };
  if ("command" in app && app.command !== undefined) return { ...app, ...own, cwd: resolve(folder, app.cwd ?? ".") };
  const { module } = app as ModuleConfig;
  return { ...(app as ModuleConfig), ...own, module: isUrl(module) ? module : resolve(folder, module) };
}

function isUrl(module: string | URL): module is URL {
  return module instanceof URL || module.startsWith("file:");
}
