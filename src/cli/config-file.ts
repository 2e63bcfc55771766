import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Operation } from "effection";
import { loadDefault } from "../server/module.ts";
import type { AppConfig, CommandConfig, ModuleConfig } from "../start/app-config.ts";
import { defineSwitchboard } from "../start/define.ts";
import type { RunConfig } from "../start.ts";

const NAMES = ["ts", "mts", "js", "mjs"].map((extension) => `switchboard.config.${extension}`);

/**
 * The options of a config file: `file`, or else the first of `switchboard.config.{ts,mts,js,mjs}` that the current
 * directory has; none when it has none. Paths of its apps are those from its own folder. Waits for at most `limitMs`.
 */
export function* loadConfig(file: string | undefined, limitMs: number): Operation<RunConfig> {
  const found = file ?? NAMES.find((name) => existsSync(name));
  if (found === undefined) return {};
  const config = yield* loadDefault(found, (exported) => defineSwitchboard(exported as RunConfig), limitMs);
  return { ...config, apps: fromFolder(dirname(resolve(found)), config.apps) };
}

function fromFolder(folder: string, apps: RunConfig["apps"]): RunConfig["apps"] {
  if (typeof apps === "string") return resolve(folder, apps);
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
