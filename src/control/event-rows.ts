import type { EventRecord } from "../observe/event-record.ts";
import { type AnyEvent, eventText } from "./event-text.ts";
import type { EventRow } from "./schemas/journal.ts";

/** An event as the API tells it. */
export function toEventRow({ seq, time, event }: EventRecord): EventRow {
  const { type, hostname, ...fields } = event as AnyEvent;
  return {
    ...fields,
    seq,
    time: new Date(time).toISOString(),
    type,
    hostname: hostname ?? null,
    text: eventText(event as AnyEvent),
  };
}
