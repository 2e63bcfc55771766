import { inspect } from "node:util";

/**
 * Every `code` that a {@link SwitchboardError} can carry. Match on the code; messages may be reworded.
 *
 * **Lifetime.** Codes keep their meaning; new ones may be added, so have a default.
 *
 * **Failure.** Each says below what happened, and what to do about it.
 */
export type SwitchboardErrorCode =
  /** An option has the wrong type or range, or does not exist. The message names the option, the rule and the value. */
  | "INVALID_OPTION"
  /** The name is no hostname. Use letters, digits, `-`, `_` and dots, at most 63 between two dots and 253 in all. */
  | "INVALID_HOSTNAME"
  /** The pool has ended, or is being drained. Use it only while its owner lives. */
  | "POOL_CLOSED"
  /** The limit of servers is reached, and none may make room. Raise `maxServers`; see `whenFull` and `idleTimeoutMs`. */
  | "POOL_FULL"
  /** Too many servers start at once for this one to have its turn in time. Ask after `retryAfterMs`, or raise `maxStarts`. */
  | "POOL_BUSY"
  /** The last start or run failed, and the next start is not yet possible. See `cause`; ask after `retryAfterMs`. */
  | "BACKING_OFF"
  /** It failed too often, and gets no start but a trial. See `cause`; ask after `retryAfterMs`, or `shutdown` it first. */
  | "FAILED"
  /** The app factory failed, made something that is no app, or no port could be bound. See `cause`. */
  | "START_FAILED"
  /** The server did not listen in time. See why its app takes so long, or raise `startTimeoutMs`. */
  | "START_TIMEOUT"
  /** The server was stopped before it was ready. Ask again if it is still wanted. */
  | "START_STOPPED"
  /** There is no app for this hostname, or the app factory returned `undefined` for it. Add one to `apps`, or return one. */
  | "DECLINED"
  /** The server to be scaled does not run. Start it first, with `getOrCreate` or a request. */
  | "NOT_RUNNING"
  /** The server to be scaled is inline, and shares this event loop. Make its app a `threadApp` or a `commandApp`. */
  | "NOT_SCALABLE"
  /** No port is left for a server; the `cause` of a `START_FAILED`. Lower `basePort`, or stop what uses the ports. */
  | "PORTS_EXHAUSTED"
  /** The port or address cannot be bound. Stop what uses the port, or choose another one; 0 is any free one. */
  | "LISTEN_FAILED"
  /** A server closed although nobody stopped it. Do not call `close()` on it; the pool's `shutdown` stops it. */
  | "SERVER_CLOSED"
  /** The command cannot load the module of the app. See `cause`, and the place in the message. */
  | "MODULE_FAILED"
  /** The server of a hostname cannot be reached. See `cause`, and whether it listens where it should. */
  | "CONNECT_FAILED"
  /** The server of a hostname could not be reached in time. See whether it accepts, or raise `connectTimeoutMs`. */
  | "CONNECT_TIMEOUT"
  /** The server of a hostname closed the connection before it had answered. See its own log. */
  | "NO_ANSWER"
  /** The server of a hostname sent what is no valid HTTP/1.1. The message says where; correct the server. */
  | "BAD_ANSWER"
  /** The server of a hostname did not answer in time. See why it takes so long, or raise `responseTimeoutMs`. */
  | "RESPONSE_TIMEOUT"
  /** The server of a hostname stopped in the middle of an answer. The client's connection was cut. See its own log. */
  | "ANSWER_CUT"
  /** A circuit breaker lets nothing through. Ask after `retryAfterMs`, or once it has closed; `reset()` closes it at once. */
  | "CIRCUIT_OPEN"
  /** The queue of a worker pool has no place for the job. Submit it later, or raise `queue.max`; see `queue.whenFull`. */
  | "QUEUE_FULL"
  /** The job of a worker pool was halted before it had finished. Submit it again if it is still wanted. */
  | "JOB_HALTED"
  /** A stage of a pipeline failed at its last attempt. The `stage` is named; see `cause`. */
  | "STAGE_FAILED"
  /** A stage of a pipeline took too long at its last attempt. See why, or raise its `timeoutMs`. */
  | "STAGE_TIMEOUT";

/**
 * Facts that belong to an error, beside its sentence: what the constructor of {@link SwitchboardError} takes.
 *
 * **Lifetime.** They are copied into the error.
 *
 * **Failure.** None: plain data.
 */
export interface SwitchboardErrorFacts {
  /** The error this one was caused by. */
  cause?: unknown;
  /** The routing name it is about. */
  hostname?: string;
  /** Milliseconds until a new attempt can succeed, where that is known. */
  retryAfterMs?: number;
  /** The stage of a pipeline that it is about. */
  stage?: string;
  /** What the program printed last that it is about, line by line. */
  output?: readonly string[];
  /** The names that exist, where it is about one that does not. */
  names?: readonly string[];
  /** The option that is wrong. */
  option?: string;
}

/**
 * The one error class of this package: `code` is stable, `message` says what, which, and the way out.
 *
 * **Lifetime.** It does not change. It holds on to its `cause`, and to nothing of the pool or the switchboard.
 *
 * **Failure.** It is one. It is thrown at the call for what the caller did wrong, and rejects what waits for a start.
 */
export class SwitchboardError extends Error {
  /** Always the same. */
  override readonly name = "SwitchboardError";
  /** What to match on. */
  readonly code: SwitchboardErrorCode;
  /** The routing name it is about. */
  declare readonly hostname: string | undefined;
  /** Milliseconds until a new attempt can succeed, where that is known. */
  declare readonly retryAfterMs: number | undefined;
  /** The stage of a pipeline that it is about. */
  declare readonly stage: string | undefined;
  /** What the program printed last that it is about, line by line. */
  declare readonly output: readonly string[] | undefined;
  /** The names that exist, where it is about one that does not. */
  declare readonly names: readonly string[] | undefined;
  /** The option that is wrong. */
  declare readonly option: string | undefined;

  /** `facts` become the fields, and `cause`. */
  constructor(code: SwitchboardErrorCode, message: string, facts: SwitchboardErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    // Only those that there are, which is why the fields are but declared: whoever prints the error would see all the others.
    const { cause: _cause, ...others } = facts;
    Object.assign(this, Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)));
  }
}

/** What the program printed last that `error` is about. */
export function outputOf(error: unknown): { output: readonly string[] } | undefined {
  return error instanceof SwitchboardError && error.output !== undefined ? { output: error.output } : undefined;
}

/** The first line of the message: what comes after it is output, or a stack. */
export function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0] as string;
}

/** Turns whatever was thrown into an Error; an Error passes through as it is. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown === "string") return new Error(thrown, { cause: thrown });
  // Not String(): that throws for an object without a prototype.
  return new Error(`a value that is no Error was thrown: ${inspect(thrown, { depth: 0 })}`, { cause: thrown });
}

/**
 * Where an error was thrown, as ` (file:line:column)`, by code that is nobody's package: what called one is of more use
 * than its insides. Nothing when it does not say. Errors of this package, which may come from another thread, say all
 * there is to say.
 */
export function whereThrown(thrown: unknown): string {
  if (!(thrown instanceof Error) || thrown.name === "SwitchboardError") return "";
  const stack = thrown.stack ?? "";
  const place = /^ +at (?:.*[ (])?((?:file:|\/)(?![^()\s]*\/node_modules\/)[^()\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? "" : ` (${place})`;
}

/** The message, with the place after its first line: what comes after that is told to few. */
export function withPlace(error: Error, place: string = whereThrown(error)): string {
  return insertPlace(error.message, place);
}

/** {@link withPlace}, for a message. */
export function insertPlace(message: string, place: string): string {
  const end = message.indexOf("\n");
  return end === -1 ? `${message}${place}` : `${message.slice(0, end)}${place}${message.slice(end)}`;
}

/**
 * What is told of an error to whoever does not read the code: not its stack.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None: plain data.
 */
export interface ErrorSummary {
  /** The name of its class. */
  name: string;
  /** What it says. */
  message: string;
  /** Its code, if it has one. */
  code?: string | number;
  /** Where it was thrown, as `file:line:column`, if that is known. */
  where?: string;
}

/** The {@link ErrorSummary} of `error`. */
export function summarize(error: Error): ErrorSummary {
  const { name, message } = error;
  const code = "code" in error ? error.code : undefined;
  const where = whereThrown(error).slice(2, -1);
  return {
    name,
    message,
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(where !== "" && { where }),
  };
}
