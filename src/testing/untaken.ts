import { whereThrown } from "../base/errors.ts";
import type { RunEvent } from "../start/run-config.ts";
import type { EventLog } from "./event-log.ts";

/** Throws when there were errors that nobody took from the log: who failed, at what, and where. */
export function throwUntaken(events: EventLog<RunEvent>): void {
  const errors = events.untaken("error", "front-error").filter((event) => "error" in event);
  if (errors.length === 0) return;
  const list = errors.map(({ type, hostname, error, message }) => {
    const next = hostname === undefined ? `events.next("${type}")` : `events.next("${type}", "${hostname}")`;
    const who = hostname ?? "the front door";
    return `  ${who}: ${message}${whereThrown(error)}; take it with await ${next} if it has to happen`;
  });
  throw new Error(`the test did not ask for these errors:\n${list.join("\n")}`, { cause: errors[0]?.error });
}
