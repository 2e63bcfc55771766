import { parseArgs } from "node:util";
import type { RunConfig } from "../start/run-config.ts";

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the command line asks for. */
export interface Arguments {
  help: boolean;
  version: boolean;
  json: boolean;
  /** The file of one app for every hostname. */
  module: string | undefined;
  /** The config file; without it, one in the current directory is looked for. */
  configFile: string | undefined;
  /** What the options say that are given. */
  given: Omit<RunConfig, "app" | "onEvent">;
}

/** What counts for the command where neither an option nor the config file says otherwise. */
export const DEFAULTS: RunConfig = { port: 8_000, idleTimeoutMs: 900_000 };

/** Shown by `--help`. */
export const HELP = `switchboard - every hostname gets its own server, on demand

Usage: switchboard [module] [options]
       switchboard --apps DIR [options]

  module                 a JS or TS file; its default export is an Express app, or an app
                         factory taking { hostname, server, signal }. It answers every name.
                         Without it, --apps or a config file: a demo app.

Options
  --apps DIR             a folder of apps, each for its name           (default: none)
                         shop.localhost: shop.ts, shop/index.ts, or the
                         script dev or start of shop/package.json
  --watch                start such an app again when it has changed
  --config FILE          options and apps     (default: switchboard.config.{ts,mts,js,mjs})
  --port NUMBER          where to listen; 0 is any free port            (default 8000)
  --host ADDRESS         the address to bind                            (default 127.0.0.1)
  --base-port NUMBER     the first port for servers; 0 is any free one  (default 3001)
  --max-servers NUMBER   how many servers may exist at once             (default 100)
  --idle-timeout TIME    stop a server nobody uses; or off              (default 15m)
  --start-timeout TIME   how long a server, or a file to load, may take (default 10s)
  --pin NAME             start NAME at once and keep it; may be repeated (default: none)
  --grace TIME           how long requests may take to finish at the end (default 10s)
  --domain NAME          serve only names under NAME; may be repeated   (default: every name)
  --default NAME         the hostname of requests that name none        (default "default")
  --json                 one JSON object per line, for programs
  --version              print the version
  --help                 print this

TIME is a number with a unit: 500ms, 10s, 15m, 2h.

Try it: switchboard, then open http://hello.localhost:8000
`;

/** Turns the arguments of the command into what they mean. Throws a {@link UsageError} that names the option, the rule and the value. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) throw new UsageError(`only one module can be given, got ${positionals.join(" ")}`);
  const [module] = positionals;
  if (module !== undefined && values.apps !== undefined) {
    throw new UsageError(`only one of a module and --apps can be given, got ${module} and ${values.apps}`);
  }
  return {
    help: values.help,
    version: values.version,
    json: values.json,
    module,
    configFile: values.config,
    given: withoutUndefined({
      apps: values.apps,
      watch: values.watch,
      port: toNumber("--port", values.port, 65_535),
      host: values.host,
      basePort: toNumber("--base-port", values["base-port"], 65_535),
      maxServers: toNumber("--max-servers", values["max-servers"], 1_000_000),
      idleTimeoutMs:
        values["idle-timeout"] === "off"
          ? Number.POSITIVE_INFINITY
          : toMs("--idle-timeout", values["idle-timeout"], ", or off"),
      startTimeoutMs: toMs("--start-timeout", values["start-timeout"]),
      graceMs: toMs("--grace", values.grace),
      defaultHostname: values.default,
      domains: values.domain,
      pinned: values.pin,
    }),
  };
}

/** What is not given must not take the place of what the config file says. */
function withoutUndefined<T extends object>(config: T): T {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as T;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        apps: { type: "string" },
        watch: { type: "boolean" },
        config: { type: "string" },
        port: { type: "string" },
        host: { type: "string" },
        "base-port": { type: "string" },
        "max-servers": { type: "string" },
        "idle-timeout": { type: "string" },
        "start-timeout": { type: "string" },
        grace: { type: "string" },
        domain: { type: "string", multiple: true },
        pin: { type: "string", multiple: true },
        default: { type: "string" },
        json: { type: "boolean", default: false },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To specify a positional/, 1)[0]);
  }
}

function toNumber(option: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value) && Number(value) <= max) return Number(value);
  throw new UsageError(`${option} must be a whole number from 0 to ${max}, got ${JSON.stringify(value)}`);
}

/** The option of the command that an option of the API was set by. */
const FLAGS: [RegExp, string][] = [
  [/^apps\b/, "--apps"],
  [/^watch must be absent or false without apps\b/, "--watch must be absent without --apps or a config file with apps"],
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

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function toMs(option: string, value: string | undefined, orElse = ""): number | undefined {
  if (value === undefined) return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  if (amount !== undefined) return Number(amount) * UNITS[unit as keyof typeof UNITS];
  throw new UsageError(`${option} must be a time such as 500ms, 10s, 15m or 2h${orElse}, got ${JSON.stringify(value)}`);
}
