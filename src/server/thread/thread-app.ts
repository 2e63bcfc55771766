import type { ResourceLimits } from "node:worker_threads";
import { checkKnownOptions } from "../../base/options.ts";
import { OutsideApp } from "../outside-app.ts";
import { resolveThreadServer } from "./thread-config.ts";
import { useThreadServer } from "./thread-server.ts";

/**
 * Options of {@link threadApp}.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface ThreadAppConfig {
  /** How much memory the thread can have, as in `node:worker_threads`; with more it crashes. @default those of Node */
  resourceLimits?: ResourceLimits | undefined;
  /** Variables for its `process.env`, beside those of this process; `undefined` takes one away. @default none */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * The app of a module, in a worker thread: one that computes for long, or never stops, slows nobody else.
 *
 * **Lifetime.** As {@link OutsideApp}. Its thread drains as a server here does, and is ended by force half a second after
 * its grace period.
 *
 * **Failure.** An error that nobody catches, a rejection that nobody handles and `process.exit` in the thread are a crash
 * of its server.
 *
 * ```ts
 * const pool = yield* useServerPool({ app: ({ hostname }) => threadApp(`./apps/${hostname}.ts`) });
 * ```
 */
export function threadApp(module: string | URL, config: ThreadAppConfig = {}): OutsideApp {
  checkKnownOptions("threadApp", config, ["resourceLimits", "env"]);
  const settings = { module, ...config };
  resolveThreadServer({ ...settings, hostname: "any" });
  return new OutsideApp("thread", function* ({ hostname, graceMs, log }) {
    const { address, ended } = yield* useThreadServer({ ...settings, hostname, graceMs, log });
    return { target: address, ended };
  });
}
