import { outputOf, SwitchboardError } from "../base/errors.ts";
import { count } from "../base/listing.ts";
import type { LogRing } from "../server/log-ring.ts";
import { lateText, replicaNotReady } from "../server/replicas/replica-errors.ts";
import type { ServerPoolSettings } from "./settings.ts";

/** After this time it is worth asking a busy pool again: who asks at once waits behind the others, and no more. */
export const BUSY_RETRY_MS = 1_000;

/** There is no place for one more server. */
export function poolFull(
  hostname: string,
  { maxServers, whenFull }: Pick<ServerPoolSettings, "maxServers" | "whenFull">,
): SwitchboardError {
  const [why, wayOut] =
    whenFull === "reject"
      ? ["", 'let an idle one make room (whenFull: "evict-idle")']
      : [", and none of them is idle: they are busy, starting or pinned", "ask again later"];
  const message = `the limit of ${count(maxServers, "server")} is reached${why}; ${wayOut}, stop one, or raise maxServers`;
  return new SwitchboardError("POOL_FULL", message, { hostname });
}

/** There would be no place left for the servers of other names. */
export function allPinned(hostname: string, maxServers: number): SwitchboardError {
  const message = `as many hostnames are pinned as servers are allowed (maxServers: ${maxServers}); unpin one first`;
  return new SwitchboardError("POOL_FULL", message, { hostname });
}

/** The start budget is used up. `why` it is not ready, where that is known. `log` has what the app has printed, if it runs elsewhere. */
export function notReady(
  hostname: string,
  ms: number,
  why: string | undefined,
  log: LogRing | undefined,
): SwitchboardError {
  if (log !== undefined) return replicaNotReady(hostname, ms, why, log);
  return new SwitchboardError("START_TIMEOUT", lateText(ms, why), { hostname });
}

/** The server whose place it was to have has not stopped in time. */
export function waitedInVain(hostname: string, ms: number, other: string | undefined): SwitchboardError {
  const message = `it waited ${ms} ms in vain for "${other}" to stop; see why its cleanup takes so long`;
  return new SwitchboardError("START_TIMEOUT", message, { hostname });
}

/** Others had their turns for too long. */
export function poolBusy(hostname: string, ms: number, maxStarts: number): SwitchboardError {
  const message = `"${hostname}" waited ${ms} ms in vain for its turn to start: others start, as many as may at once (maxStarts: ${maxStarts}); ask again, see why starts take so long, or raise maxStarts or startTimeoutMs`;
  return new SwitchboardError("POOL_BUSY", message, { hostname, retryAfterMs: BUSY_RETRY_MS });
}

/** Its owner has ended. */
export function poolClosed(hostname: string): SwitchboardError {
  return new SwitchboardError("POOL_CLOSED", "the server pool has ended", { hostname });
}

/** There is no server to scale. */
export function notRunning(hostname: string): SwitchboardError {
  const message = `no server runs for "${hostname}"; start it first, with getOrCreate or a request`;
  return new SwitchboardError("NOT_RUNNING", message, { hostname });
}

/** It shares this event loop. */
export function notScalable(hostname: string): SwitchboardError {
  const message = `the app of "${hostname}" is inline, and has one server; make it a threadApp or a commandApp to scale it`;
  return new SwitchboardError("NOT_SCALABLE", message, { hostname });
}

/** Somebody stopped it. */
export function stoppedEarly(hostname: string): SwitchboardError {
  return new SwitchboardError("START_STOPPED", `"${hostname}" was stopped before it was ready`, { hostname });
}

/** What a joiner is told of a start that has failed. */
export function couldNotStart(hostname: string, cause: Error, retryAfterMs: number): SwitchboardError {
  const timedOut = cause instanceof SwitchboardError && cause.code === "START_TIMEOUT";
  const code = timedOut ? "START_TIMEOUT" : "START_FAILED";
  const message = `"${hostname}" could not start: ${cause.message}`;
  return new SwitchboardError(code, message, { hostname, cause, retryAfterMs, ...outputOf(cause) });
}

/** Not a failure of the server: it was not to be started, or not now. */
export function isRefusal(thrown: unknown, hostname: string): thrown is SwitchboardError {
  if (!(thrown instanceof SwitchboardError) || thrown.hostname !== hostname) return false;
  return ["DECLINED", "BACKING_OFF", "FAILED", "POOL_BUSY"].includes(thrown.code);
}
