import { SwitchboardError, type SwitchboardErrorCode } from "../../base/errors.ts";
import type { Problem } from "../problem.ts";

/**
 * A request or upgrade that was not forwarded to its end, because of the server.
 *
 * **Lifetime.** Told at the moment it is known, before the client hears of it.
 *
 * **Failure.** It is one. A client that leaves is none, and is not told.
 */
export interface ForwardErrorEvent {
  type: "forward-error";
  /** Whose server it was. */
  hostname: string;
  /** How far it had come: dialling, sending the request, waiting for the head of the answer, its body, or an upgrade. */
  phase: ForwardPhase;
  /** Its `code` says what happened; `cause` is what the socket reported. */
  error: SwitchboardError;
  /** The message of the error. */
  message: string;
}

/**
 * How far a forwarded request had come: dialling, sending the request, waiting for the head of the answer, its body, or an
 * upgrade.
 *
 * **Lifetime.** Of the moment in which it failed.
 *
 * **Failure.** None: a word.
 */
export type ForwardPhase = "connect" | "request" | "headers" | "body" | "upgrade";

/** Why a server did not answer, or not to the end. */
export class ForwardFailure extends SwitchboardError {
  declare readonly code: ForwardCode;

  constructor(code: ForwardCode, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
  }
}

/** The codes of a {@link ForwardFailure}. */
export type ForwardCode = Extract<
  SwitchboardErrorCode,
  "CONNECT_FAILED" | "CONNECT_TIMEOUT" | "NO_ANSWER" | "BAD_ANSWER" | "RESPONSE_TIMEOUT" | "ANSWER_CUT"
>;

/** The server sent what is no answer. */
export function badAnswer(why: string): ForwardFailure {
  return new ForwardFailure("BAD_ANSWER", `the server's answer is not valid HTTP/1.1: ${why}`);
}

/** What a client is told: never where the server is, nor what its socket said. */
export function toForwardProblem({ code }: ForwardFailure, hostname: string): Problem {
  switch (code) {
    case "CONNECT_FAILED":
      return { status: 502, code: "CONNECT_FAILED", detail: "the server cannot be reached", hostname };
    case "CONNECT_TIMEOUT":
      return { status: 504, code: "CONNECT_TIMEOUT", detail: "the server cannot be reached in time", hostname };
    case "RESPONSE_TIMEOUT":
      return { status: 504, code: "RESPONSE_TIMEOUT", detail: "the server did not answer in time", hostname };
    case "BAD_ANSWER":
      return { status: 502, code: "BAD_ANSWER", detail: "the server sent what is no valid answer", hostname };
    case "NO_ANSWER":
    case "ANSWER_CUT":
      return { status: 502, code: "NO_ANSWER", detail: "the server closed the connection without an answer", hostname };
    default:
      return code satisfies never;
  }
}

/** The request came through here before. */
export function loopProblem(hostname: string): Problem {
  const detail =
    "this request has come through this switchboard before, or through too many proxies: see its Via field";
  return { status: 508, code: "FORWARDING_LOOP", detail, hostname };
}

/** The server is being stopped. */
export function closedProblem(hostname: string): Problem {
  return { status: 503, code: "SHUTTING_DOWN", detail: "the server is shutting down", hostname };
}
