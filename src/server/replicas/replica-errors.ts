import { SwitchboardError } from "../../base/errors.ts";
import type { LogRing } from "../log-ring.ts";
import { lastOutput } from "../outside-server.ts";
import type { Problem } from "../problem.ts";

/** The start of a replica took too long. */
export function replicaNotReady(hostname: string, ms: number, why: string | undefined, log: LogRing): SwitchboardError {
  const { text, output } = lastOutput(log);
  const reason = why === undefined ? "" : ` (${why})`;
  const message = `a replica of "${hostname}" was not ready within ${ms} ms${reason}; see why its app takes so long, or raise startTimeoutMs${text}`;
  return new SwitchboardError("START_TIMEOUT", message, { hostname, output });
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
