import { SwitchboardError } from "../base/errors.ts";
import type { EventRecord } from "../observe/event-record.ts";
import { type AnyEvent, eventText } from "./event-text.ts";
import type { EventRow } from "./schemas/journal.ts";

/** An event as the API tells it. */
export function toEventRow({ seq, time, event }: EventRecord): EventRow {
  const { type, hostname, ...fields } = event as AnyEvent;
  const told = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? toErrorFacts(value) : value,
  ]);
  return {
    ...Object.fromEntries(told),
    seq,
    time: new Date(time).toISOString(),
    type,
    hostname: hostname ?? null,
    text: eventText(event as AnyEvent),
  };
}

/** Not its stack: whoever has that can read the code. */
function toErrorFacts(error: Error): object {
  const { name, message } = error;
  return { name, message, ...(error instanceof SwitchboardError && { code: error.code }) };
}
