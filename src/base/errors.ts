import { inspect } from "node:util";

/** Every `code` a {@link SwitchboardError} can carry. Match on the code; messages may be reworded. */
export type SwitchboardErrorCode =
  | "INVALID_OPTION"
  | "INVALID_HOSTNAME"
  | "POOL_CLOSED"
  | "POOL_FULL"
  | "BACKING_OFF"
  | "START_FAILED"
  | "START_TIMEOUT"
  | "START_STOPPED"
  | "DECLINED"
  | "PORTS_EXHAUSTED"
  | "LISTEN_FAILED"
  | "SERVER_CLOSED"
  | "MODULE_FAILED";

/** Facts that belong to an error, beside its sentence. */
export interface SwitchboardErrorFacts {
  /** The error this one was caused by. */
  cause?: unknown;
  /** The routing name it is about. */
  hostname?: string;
  /** Milliseconds until a new attempt can succeed, where that is known. */
  retryAfterMs?: number;
}

/** The one error class of this package: `code` is stable, `message` says what, which, and the way out. */
export class SwitchboardError extends Error {
  override readonly name = "SwitchboardError";
  readonly code: SwitchboardErrorCode;
  readonly hostname: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: SwitchboardErrorCode, message: string, facts: SwitchboardErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.hostname = facts.hostname;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Turns whatever was thrown into an Error; an Error passes through as it is. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown === "string") return new Error(thrown, { cause: thrown });
  // Not String(): that throws for an object without a prototype.
  return new Error(`a value that is no Error was thrown: ${inspect(thrown, { depth: 0 })}`, { cause: thrown });
}

/** Where an error was thrown, as ` (file:line:column)`; nothing when it does not say. */
export function whereThrown(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  const place = /^ +at .*?\(?((?:file:|\/)[^()\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? "" : ` (${place})`;
}
