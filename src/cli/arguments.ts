import { parseArgs } from "node:util";
import type { RunConfig } from "../start.ts";

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the command line asks for. */
export interface Arguments {
  help: boolean;
  version: boolean;
  json: boolean;
  module: string | undefined;
  config: Omit<RunConfig, "app" | "onEvent"> & { startTimeoutMs: number; graceMs: number };
}

/** Shown by `--help`. */
export const HELP = `switchboard - every hostname gets its own server, on demand

Usage: switchboard [module] [options]

  module                 a JS or TS file; its default export is an Express app, or an app
                         factory taking { hostname, server, signal }. Without it: a demo app.

Options
  --port NUMBER          where to listen; 0 is any free port            (default 8000)
  --host ADDRESS         the address to bind                            (default 127.0.0.1)
  --base-port NUMBER     the first port for servers; 0 is any free one  (default 3001)
  --max-servers NUMBER   how many servers may exist at once             (default 100)
  --idle-timeout TIME    stop a server nobody uses; or off              (default 15m)
  --start-timeout TIME   how long a server, or the module, may take     (default 10s)
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
  const idle = values["idle-timeout"];
  const { domain, pin, default: defaultHostname } = values;
  return {
    help: values.help,
    version: values.version,
    json: values.json,
    module: positionals[0],
    config: {
      port: toNumber("--port", values.port, 65_535),
      host: values.host,
      basePort: toNumber("--base-port", values["base-port"], 65_535),
      maxServers: toNumber("--max-servers", values["max-servers"], 1_000_000),
      idleTimeoutMs: idle === "off" ? Number.POSITIVE_INFINITY : toMs("--idle-timeout", idle, ", or off"),
      startTimeoutMs: toMs("--start-timeout", values["start-timeout"]),
      graceMs: toMs("--grace", values.grace),
      defaultHostname,
      ...(domain !== undefined && { domains: domain }),
      ...(pin !== undefined && { pinned: pin }),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: "string", default: "8000" },
        host: { type: "string", default: "127.0.0.1" },
        "base-port": { type: "string", default: "3001" },
        "max-servers": { type: "string", default: "100" },
        "idle-timeout": { type: "string", default: "15m" },
        "start-timeout": { type: "string", default: "10s" },
        grace: { type: "string", default: "10s" },
        domain: { type: "string", multiple: true },
        pin: { type: "string", multiple: true },
        default: { type: "string", default: "default" },
        json: { type: "boolean", default: false },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To specify a positional/, 1)[0]);
  }
}

function toNumber(option: string, value: string, max: number): number {
  if (/^\d+$/.test(value) && Number(value) <= max) return Number(value);
  throw new UsageError(`${option} must be a whole number from 0 to ${max}, got ${JSON.stringify(value)}`);
}

/** The option of the command that an option of the API was set by. */
const FLAGS: [RegExp, string][] = [
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

function toMs(option: string, value: string, orElse = ""): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  if (amount !== undefined) return Number(amount) * UNITS[unit as keyof typeof UNITS];
  throw new UsageError(`${option} must be a time such as 500ms, 10s, 15m or 2h${orElse}, got ${JSON.stringify(value)}`);
}
