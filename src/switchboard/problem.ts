import { firstLine, outputOf, SwitchboardError } from "../base/errors.ts";
import { thereAre } from "../base/listing.ts";
import type { Problem } from "../server/problem.ts";

/** An address in the text of an error: clients are not told where anything runs. */
const ADDRESS = /(?:\b\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|::1)(?::\d+)?/gi;

/** A request that HTTP forbids, or that this front door does not take. */
export function badRequest(detail: string): Problem {
  return { status: 400, code: "BAD_REQUEST", detail };
}

/** The hostname is not for this switchboard. */
export function misdirected(hostname: string, detail: string): Problem {
  return { status: 421, code: "MISDIRECTED", detail, hostname };
}

/** The switchboard is draining. */
export const SHUTTING_DOWN: Problem = {
  status: 503,
  code: "SHUTTING_DOWN",
  detail: "the switchboard is shutting down",
};

/**
 * The one place where an error becomes a status: what a client is told when no server could be had. Codes that only
 * occur as the cause of another one have no status of their own.
 */
export function toProblem(error: unknown, hostname: string): Problem {
  if (!(error instanceof SwitchboardError)) {
    return { status: 500, code: "INTERNAL", detail: "the switchboard failed to answer this request", hostname };
  }
  const { code, retryAfterMs, names, cause } = error;
  // Which names exist is for clients on this machine alone, and added where they are answered.
  const line = names === undefined ? firstLine(error) : firstLine(error).replace(`; ${thereAre(names)}`, "");
  // What a start failed with is for them alone, too: it may name a command with its arguments, or files.
  const short = cause instanceof Error ? toDetail(line.replace(`: ${firstLine(cause)}`, "")) : undefined;
  const elsewhere = names === undefined ? short : `there is no app for "${hostname}"`;
  const facts = { hostname, retryAfterMs, names, ...outputOf(error) };
  return { status: toStatus(error), code, detail: toDetail(line), elsewhere, ...facts };
}

function toStatus({ code }: SwitchboardError): number {
  switch (code) {
    case "DECLINED":
      return 404;
    case "START_TIMEOUT":
      return 504;
    case "POOL_CLOSED":
    case "POOL_FULL":
    case "POOL_BUSY":
    case "BACKING_OFF":
    case "FAILED":
    case "START_FAILED":
    case "START_STOPPED":
      return 503;
    default:
      return 500;
  }
}

/** Without addresses, at a readable length. */
export function toDetail(line: string): string {
  return line.replace(ADDRESS, "(address)").slice(0, 300);
}
