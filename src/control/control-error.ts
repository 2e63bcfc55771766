import { SwitchboardError, type SwitchboardErrorCode } from "../base/errors.ts";

/** What a request of the API is answered with when it is not done. */
export interface ProblemFacts {
  status: number;
  /** Stable, for programs. */
  code: string;
  /** One sentence for people: what, which, and the way out. */
  detail: string;
  /** The field that is wrong. */
  field?: string | undefined;
  hostname?: string | undefined;
  /** Where a request would start it. */
  url?: string | undefined;
  retryAfterMs?: number | undefined;
  /** What a program printed last. */
  output?: readonly string[] | undefined;
  /** More header fields of the answer. */
  fields?: Readonly<Record<string, string>> | undefined;
}

/** A request of the API that is not done. */
export class ControlError extends Error {
  readonly problem: ProblemFacts;

  constructor(problem: ProblemFacts) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** There is nothing under this name. */
export function notFound(
  code: string,
  detail: string,
  facts: Pick<ProblemFacts, "hostname" | "url"> = {},
): ControlError {
  return new ControlError({ status: 404, code, detail, ...facts });
}

/** It cannot be done as things are. */
export function conflict(code: string, detail: string, hostname?: string): ControlError {
  return new ControlError({ status: 409, code, detail, hostname });
}

/** Nothing new begins. */
export function shuttingDown(): ControlError {
  return new ControlError({ status: 503, code: "SHUTTING_DOWN", detail: "the switchboard is shutting down" });
}

/** The one place where whatever was thrown becomes an answer; `undefined` is a failure of the API itself. */
export function toProblemFacts(thrown: unknown): ProblemFacts | undefined {
  if (thrown instanceof ControlError) return thrown.problem;
  if (!(thrown instanceof SwitchboardError)) return undefined;
  const { code, message, hostname, retryAfterMs, output, option } = thrown;
  return { status: STATUSES[code] ?? 500, code, detail: message, hostname, retryAfterMs, output, field: option };
}

const STATUSES: Partial<Record<SwitchboardErrorCode, number>> = {
  INVALID_OPTION: 422,
  INVALID_HOSTNAME: 400,
  DECLINED: 404,
  NOT_RUNNING: 409,
  NOT_SCALABLE: 409,
  START_TIMEOUT: 504,
  START_FAILED: 503,
  START_STOPPED: 503,
  BACKING_OFF: 503,
  FAILED: 503,
  POOL_FULL: 503,
  POOL_BUSY: 503,
  POOL_CLOSED: 503,
  PORTS_EXHAUSTED: 503,
};
