import { SwitchboardError } from "../../base/errors.ts";
import type { LogRing } from "../log-ring.ts";
import { lastOutput } from "../outside-server.ts";
import type { Problem } from "../problem.ts";

/** The start of a replica took too long. */
export function replicaNotReady(hostname: string, ms: number, why: string | undefined, log: LogRing): SwitchboardError {
  const { text, output } = lastOutput(log);
  return new SwitchboardError("START_TIMEOUT", `${lateText(ms, why)}${text}`, { hostname, output });
}

/** The start took too long. What it waited for comes first, where that is known. */
export function lateText(ms: number, why: string | undefined): string {
  const late = `it was not ready within ${ms} ms`;
  if (why === undefined) return `${late}; see why its app takes so long, or raise startTimeoutMs`;
  return `${why}; ${late} (startTimeoutMs)`;
}

/** It was halted before it ran. */
export function replicaStopped(hostname: string, id: number): SwitchboardError {
  return new SwitchboardError("START_STOPPED", `replica ${id} of "${hostname}" was stopped before it was ready`, {
    hostname,
  });
}

/** Every replica fails its health checks. */
export function unhealthyProblem(hostname: string, retryAfterMs: number): Problem {
  const detail = "no replica of the server passes its health check";
  return { status: 503, code: "UNHEALTHY", detail, hostname, retryAfterMs };
}
