import { type Operation, race, sleep } from "effection";
import { toTime } from "../../base/duration.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { Service } from "../client/api-types.ts";
import { servicePath, toName } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { printableLines } from "../terminal/printable.ts";
import { printService } from "./look.ts";

const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 250;

export const wait: Command = {
  name: "wait",
  args: ["NAME"],
  summary: "start it, and wait until it is ready",
  details: [
    "Ready is: it runs, and its health checks, if it has any, find it healthy or",
    "degraded. A start that fails is tried again when its backoff is over, while",
    "there is time.",
  ],
  options: { timeout: { value: "TIME", help: "how long to wait", default: "60s" }, ...CLIENT_OPTIONS },
  *run([name = ""], options): Operation<void> {
    const hostname = toName(name);
    const limitMs = options.ms("timeout") ?? TIMEOUT_MS;
    const api = yield* useApi(options);
    const seen = { why: "it is still starting" };
    const service = yield* race([untilReady(api, hostname, seen), after(limitMs)]);
    if (service === undefined) {
      throw new CommandError(EXIT.timedOut, `${hostname} is not ready after ${toTime(limitMs)}: ${seen.why}`);
    }
    const asJson = options.flag("json");
    // What went wrong before is over, for who reads that it is ready.
    yield* printService(api, asJson ? service : { ...service, failure: null }, asJson);
  },
};

function* after(limitMs: number): Operation<undefined> {
  yield* sleep(limitMs);
}

/** By hand it is started once, at once. From then on its backoff counts: to start it then would forget its failures. */
function* untilReady(api: ApiClient, hostname: string, seen: { why: string }): Operation<Service> {
  for (let starts = true; ; ) {
    if (starts) seen.why = yield* tryStart(api, hostname, seen.why);
    const service = yield* api.get<Service>(servicePath(hostname));
    if (service.state === "running" && service.health !== "unhealthy") return service;
    if (service.failure !== null) seen.why = printableLines(service.failure.message);
    else if (service.state === "running") seen.why = "it runs, and is unhealthy";
    yield* sleep(Math.max(LOOK_EVERY_MS, Math.min(service.failure?.retryAfterMs ?? 0, LONGEST_PAUSE_MS)));
    starts = canStart(yield* api.get<Service>(servicePath(hostname)));
  }
}

/** Whether it is down, and its backoff is over. */
function canStart({ state, failure }: Service): boolean {
  return state === "stopped" || (state === "failed" && failure?.retryAfterMs === 0);
}

/** It may run sooner than the backoff says: somebody saves the file that was wrong. */
const LONGEST_PAUSE_MS = 1_000;

/** Why it does not run; a name or a token that is wrong will not get better. */
function* tryStart(api: ApiClient, hostname: string, before: string): Operation<string> {
  try {
    yield* api.send("POST", servicePath(hostname, "start"), {});
    return before;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.failed) return error.message;
    throw error;
  }
}
