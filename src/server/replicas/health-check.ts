import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { action, type Operation, sleep } from "effection";
import { noop } from "../../base/operations.ts";
import type { Endpoint } from "../forward/forward-target.ts";
import type { HealthSettings } from "./replica-config.ts";

/** Until its first success a server is checked at least so often: somebody may be waiting for its start. */
const FIRST_CHECKS_MS = 250;

/** Says why a server cannot answer; `undefined` when it can. */
export type Check = () => Operation<string | undefined>;

/** Checks a server until it succeeds. Not bounded: the caller sets the deadline. `failed` hears why it does not. */
export function* untilHealthy(check: Check, intervalMs: number, failed: (why: string) => void): Operation<void> {
  for (;;) {
    const why = yield* check();
    if (why === undefined) return;
    failed(why);
    yield* sleep(Math.min(intervalMs, FIRST_CHECKS_MS));
  }
}

/** Checks a server for as long as it runs, and tells each result. */
export function* keepChecking(
  check: Check,
  intervalMs: number,
  checked: (why: string | undefined) => void,
): Operation<never> {
  for (;;) {
    yield* sleep(intervalMs);
    checked(yield* check());
  }
}

/**
 * Asks a server whether it can answer, over a connection of its own. Returns why not; `undefined` when it can.
 *
 * **Lifetime.** At most `timeoutMs`, whatever the server does. **Failure.** None: a failure is what it returns.
 */
export function checkHealth(
  { host, port, tls }: Endpoint,
  hostname: string,
  { path, timeoutMs }: Pick<HealthSettings, "path" | "timeoutMs">,
): Operation<string | undefined> {
  return action((resolve) => {
    const say = (what: string) => resolve(`its health check GET ${path} ${what}`);
    const headers = { Host: hostname, "User-Agent": "switchboard-health-check", Connection: "close" };
    const options = { host, port, path, headers, agent: false };
    const request = tls === undefined ? httpRequest(options) : httpsRequest({ ...tls, ...options });
    const clock = setTimeout(() => say(`did not answer within ${timeoutMs} ms`), timeoutMs);
    request.on("response", ({ statusCode = 0 }) => {
      if (statusCode >= 200 && statusCode < 400) resolve(undefined);
      else say(`answered ${statusCode}`);
    });
    request.on("upgrade", () => say("answered 101"));
    request.on("error", (error: Error & { code?: string }) => say(`failed: ${error.message || error.code}`));
    request.end();
    return () => {
      clearTimeout(clock);
      request.on("error", noop).destroy();
    };
  }, `health check of ${hostname}`);
}
