import type { RequestRecord } from "../../base/request-record.ts";
import type { RunEvent } from "../../start/run-config.ts";

/** An error that no app handled, and no server can be named for: thrown from a timer, say. */
interface UncaughtEvent {
  type: "uncaught";
  error: Error;
  message: string;
}

/** A request has finished. */
export interface RequestEvent {
  type: "request";
  /** It was asked for, and matters as much as what else happens. */
  asked: boolean;
  record: RequestRecord;
}

/** The output or the journal was too slow for so many lines: they are not printed. */
interface LostEvent {
  type: "lost";
  lost: number;
}

/** What the command prints. */
export type OutputEvent = RunEvent | UncaughtEvent | RequestEvent | LostEvent;
