import type { ServerEvent } from "../pool/events.ts";
import type { SwitchboardEvent } from "../switchboard/settings.ts";

/**
 * What a shutdown came to: the last event.
 *
 * **Lifetime.** Made when every server has stopped; it does not change.
 *
 * **Failure.** None: plain data. There is none after a start that failed before it listened.
 */
export interface ShutdownReport {
  /** Tells it from the other events. */
  type: "report";
  /** How many servers the shutdown has stopped. */
  serversStopped: number;
  /** What was in flight when the shutdown began, and finished: requests and open sockets. */
  requestsFinished: number;
  /** Requests that had no answer at the end of the grace period. */
  requestsCut: number;
  /** Upgraded sockets that were open at the end of the grace period. */
  socketsCut: number;
  /** How long it took, in milliseconds. */
  ms: number;
}

/** Follows a shutdown: what is left of the grace period, and what it came to. */
export interface Shutdown {
  note(event: SwitchboardEvent | ServerEvent): void;
  graceMs(ownMs: number): number;
  /** `undefined` when nothing has begun to shut down. */
  report(): ShutdownReport | undefined;
}

/** Makes a {@link Shutdown} with one grace period for all. */
export function createShutdown(graceMs: number): Shutdown {
  let since: number | undefined;
  const report: ShutdownReport = {
    type: "report",
    serversStopped: 0,
    requestsFinished: 0,
    requestsCut: 0,
    socketsCut: 0,
    ms: 0,
  };
  return {
    note(event) {
      if (event.type === "draining") since = performance.now();
      if (since === undefined) return;
      if (event.type === "stopped") report.serversStopped += 1;
      if (event.type === "drained") report.requestsFinished += event.requestsFinished;
      if (event.type === "drained") report.requestsCut += event.requestsCut;
      if (event.type === "drained") report.socketsCut += event.socketsCut;
      if (event.type === "cut") report.requestsCut += event.requests;
      if (event.type === "cut") report.socketsCut += event.sockets;
    },
    graceMs: (ownMs) =>
      since === undefined ? ownMs : Math.min(ownMs, Math.max(0, graceMs - (performance.now() - since))),
    report: () => (since === undefined ? undefined : { ...report, ms: Math.round(performance.now() - since) }),
  };
}
