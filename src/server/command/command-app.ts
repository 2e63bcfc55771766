import { checkKnownOptions } from "../../base/options.ts";
import { OutsideApp } from "../outside-app.ts";
import { type Readiness, resolveCommandServer } from "./command-config.ts";
import { useCommandServer } from "./command-server.ts";

/** What a command has after SIGTERM, also when its requests have used up the grace period. */
const LEAST_GRACE_MS = 500;

/**
 * Options of {@link commandApp}.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface CommandAppConfig {
  /** The directory to run it in. @default that of this process */
  cwd?: string | undefined;
  /**
   * Variables for its environment, beside those of this process; `undefined` takes one away. `PORT`, `HOST` and
   * `SWITCHBOARD_HOSTNAME` are always set. @default none
   */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What says that it is ready. @default { tcp: true } */
  ready?: Readiness | undefined;
}

/**
 * A program that listens on the port it is told, as a child process: `npm run dev`, or anything in any language.
 *
 * A line is for `/bin/sh`; a list is a program and its arguments, which no shell sees. `{port}`, `{host}` and `{hostname}`
 * in it are replaced, and `PORT`, `HOST` and `SWITCHBOARD_HOSTNAME` are set.
 *
 * **Lifetime.** As {@link OutsideApp}. It stops by SIGTERM to all its processes, and SIGKILL after the grace period, of
 * which its requests leave it at least 500 ms. They do not survive this process either, however it ends.
 *
 * **Failure.** That it ends by itself is a crash of its server. Windows is refused with `START_FAILED`: it has no process
 * groups.
 *
 * ```ts
 * const pool = yield* useServerPool({ app: ({ hostname }) => commandApp("npm run dev", { cwd: `apps/${hostname}` }) });
 * ```
 */
export function commandApp(command: string | readonly string[], config: CommandAppConfig = {}): OutsideApp {
  checkKnownOptions("commandApp", config, ["cwd", "env", "ready"]);
  const settings = { command, ...config };
  resolveCommandServer({ ...settings, hostname: "any" });
  return new OutsideApp("command", function* ({ hostname, ports, graceMs, log, notYet }) {
    const ownGraceMs = () => Math.max(graceMs(), LEAST_GRACE_MS);
    const { address, ended } = yield* useCommandServer({
      ...settings,
      hostname,
      ports,
      graceMs: ownGraceMs,
      log,
      notYet,
    });
    return { target: address, ended };
  });
}
