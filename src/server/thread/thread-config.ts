import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ResourceLimits } from "node:worker_threads";
import { checkHostname } from "../../base/hostname.ts";
import { checkKnownOptions, fail, numberOption, textOption } from "../../base/options.ts";
import { type Environment, envOption } from "../environment.ts";
import { LogRing } from "../log-ring.ts";
import { type Grace, graceOption } from "../outside-server.ts";

/**
 * Options of {@link useThreadServer}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ThreadServerConfig {
  /** The file of the app, as a path or a `file:` URL: a JS or TS module whose default export is an app factory, an Express app or a request listener. */
  module: string | URL;
  /** The routing name the server is for. */
  hostname: string;
  /** How long what is in flight may take to finish at the end; the rest is cut. @default 10000 */
  graceMs?: Grace | undefined;
  /** How much memory the thread can have, as in `node:worker_threads`; with more it crashes. @default those of Node */
  resourceLimits?: ResourceLimits | undefined;
  /** Variables for its `process.env`, beside those of this process; `undefined` takes one away. @default none */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Gets its output: one that the caller has can be read after a failed start, too. A new one for each start. @default a new one */
  log?: LogRing | undefined;
}

/** {@link ThreadServerConfig} after its check. */
export interface ThreadSettings {
  file: string;
  hostname: string;
  graceMs(): number;
  resourceLimits: ResourceLimits;
  env: Environment;
  log: LogRing;
}

const OPTIONS = ["module", "hostname", "graceMs", "resourceLimits", "env", "log"];

const LIMITS = ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"] as const;

/** Checks the options, before anything is started. */
export function resolveThreadServer(config: ThreadServerConfig): ThreadSettings {
  checkKnownOptions("useThreadServer", config, OPTIONS);
  return {
    file: fileOption(config.module),
    hostname: checkHostname(config.hostname),
    graceMs: graceOption(config.graceMs),
    resourceLimits: limitsOption(config.resourceLimits ?? {}),
    env: envOption("env", config.env ?? {}),
    log: config.log ?? new LogRing(),
  };
}

/** The path of a module that is given as a path or as a `file:` URL. */
export function fileOption(module: unknown): string {
  const text = module instanceof URL ? module.href : textOption("module", module);
  if (!/^[a-z][a-z+.-]+:/i.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch {
    return fail("module", "the path or the file: URL of a file", module);
  }
}

function limitsOption(limits: ResourceLimits): ResourceLimits {
  checkKnownOptions("resourceLimits", limits, LIMITS);
  const given = LIMITS.filter((limit) => limits[limit] !== undefined);
  return Object.fromEntries(given.map((limit) => [limit, numberOption(`resourceLimits.${limit}`, limits[limit], 0)]));
}
