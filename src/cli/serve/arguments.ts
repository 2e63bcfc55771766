import { statSync } from "node:fs";
import type { RunConfig } from "../../start/run-config.ts";
import type { OptionSpec } from "../command.ts";
import { UsageError } from "../exit-codes.ts";
import type { Parsed } from "../parse.ts";
import { LEVELS, type LevelName } from "./levels.ts";

/** What the command line asks for. */
export interface ServeArguments {
  /** The file of one app for every hostname. */
  module: string | undefined;
  /** The config file; without it, one in the current directory is looked for. */
  configFile: string | undefined;
  log: LogArguments;
  /** What the options say that are given. */
  given: Omit<RunConfig, "app" | "onEvent">;
}

/** What is printed, and how. */
export interface LogArguments {
  json: boolean;
  level: LevelName;
  /** Whether requests are told as what happens is. */
  requests: boolean;
}

/** What counts for the command where neither an option nor the config file says otherwise. */
export const DEFAULTS: RunConfig = { port: 8_000, idleTimeoutMs: 900_000 };

export const SERVE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  apps: {
    value: "DIR",
    help: [
      "a folder of apps, each for its name",
      "shop.localhost: shop.ts, shop/index.ts, or the",
      "script dev or start of shop/package.json",
    ],
    default: "none",
  },
  watch: { help: "start such an app again when it has changed" },
  config: { value: "FILE", help: "options and apps", default: "switchboard.config.{ts,mts,js,mjs}" },
  port: { value: "NUMBER", help: "where to listen; 0 is any free port", default: "8000" },
  host: { value: "ADDRESS", help: "the address to bind", default: "127.0.0.1" },
  "base-port": {
    value: "NUMBER",
    help: ["the first port for inline apps and commands;", "0 is any free one. Threads take any"],
    default: "3001",
  },
  "max-servers": { value: "NUMBER", help: "how many servers may exist at once", default: "100" },
  "idle-timeout": { value: "TIME", help: "stop a server nobody uses; or off", default: "15m" },
  "start-timeout": { value: "TIME", help: "how long a server, or a file to load, may take", default: "10s" },
  pin: { value: "NAME", multiple: true, help: "start NAME at once and keep it; may be repeated", default: "none" },
  grace: { value: "TIME", help: "how long requests may take to finish at the end", default: "10s" },
  domain: {
    value: "NAME",
    multiple: true,
    help: "serve only names under NAME; may be repeated",
    default: "every name",
  },
  default: { value: "NAME", help: "the hostname of requests that name none", default: '"default"' },
  "log-level": { value: "LEVEL", help: "the least that is printed: trace to fatal, or silent", default: "info" },
  "log-format": { value: "FORMAT", help: "pretty, for people, or json, for programs", default: "pretty" },
  "log-requests": { help: "print each request, too; --log-level debug does it as well" },
  json: { help: "one JSON object per line: --log-format json" },
  version: { short: "v", help: "print the version" },
};

/** Turns the arguments of the command into what they mean. Throws a {@link UsageError} that names the option, the rule and the value. */
export function toServeArguments({ args, options }: Parsed): ServeArguments {
  const [module] = args;
  const apps = options.text("apps");
  if (module !== undefined && apps !== undefined) {
    throw new UsageError(`only one of a module and --apps can be given, got ${module} and ${apps}`);
  }
  if (apps !== undefined && statSync(apps, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(
      `--apps must be a folder, got the file ${apps}; an app for every name is given without --apps`,
    );
  }
  return {
    module,
    configFile: options.text("config"),
    log: {
      json: toFormat(options) === "json",
      level: options.choice("log-level", LEVELS) ?? "info",
      requests: options.flag("log-requests") ?? false,
    },
    given: withoutUndefined({
      apps,
      watch: options.flag("watch"),
      port: options.number("port", 65_535),
      host: options.text("host"),
      basePort: options.number("base-port", 65_535),
      maxServers: options.number("max-servers", 1_000_000),
      idleTimeoutMs:
        options.text("idle-timeout") === "off"
          ? Number.POSITIVE_INFINITY
          : options.ms("idle-timeout", { orElse: ", or off" }),
      startTimeoutMs: options.ms("start-timeout"),
      graceMs: options.ms("grace"),
      defaultHostname: options.text("default"),
      domains: options.list("domain"),
      pinned: options.list("pin"),
    }),
  };
}

function toFormat(options: Parsed["options"]): "pretty" | "json" {
  const format = options.choice("log-format", ["pretty", "json"]);
  const json = options.flag("json");
  if (json && format === "pretty") throw new UsageError("only one of --json and --log-format pretty can be given");
  return json ? "json" : (format ?? "pretty");
}

/** What is not given must not take the place of what the config file says. */
function withoutUndefined<T extends object>(config: T): T {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as T;
}

/** The option of the command that an option of the API was set by. */
const FLAGS: [RegExp, string][] = [
  [/^apps\b/, "--apps"],
  [
    /^watch must be absent or false without apps\b.*/,
    "--watch needs --apps, or a config file with apps: it is their files that it watches",
  ],
  [/^maxServers\b/, "--max-servers"],
  [/^startTimeoutMs\b/, "--start-timeout"],
  [/^idleTimeoutMs\b/, "--idle-timeout"],
  [/^graceMs\b/, "--grace"],
  [/^domains\[\d+\]/, "--domain"],
  [/^pinned(\[\d+\])?/, "--pin"],
  [/\bmaxServers\b/, "--max-servers"],
  [/^defaultHostname\b/, "--default"],
  [/^host\b/, "--host"],
];

/** A sentence about an option of the API, in the words of the command line. */
export function toFlags(message: string): string {
  return FLAGS.reduce((text, [option, flag]) => text.replace(option, flag), message);
}
