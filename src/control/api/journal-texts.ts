import type { RequestRecord } from "../../base/request-record.ts";
import type { EventRecord } from "../../observe/event-record.ts";
import { toEventRow } from "../event-rows.ts";
import { RowTexts } from "../feed.ts";
import type { RequestRow } from "../schemas/journal.ts";
import type { ControlSource } from "../source.ts";

/** The rows of both journals as JSON, for all streams. */
export interface JournalTexts {
  requests: RowTexts<RequestRecord>;
  events: RowTexts<EventRecord>;
}

/** Makes {@link JournalTexts}. */
export function createJournalTexts({ observation }: ControlSource): JournalTexts {
  return {
    requests: new RowTexts(observation.requests, toRequestRow),
    events: new RowTexts(observation.events, toEventRow),
  };
}

/** A request as the API tells it. */
export function toRequestRow(record: RequestRecord): RequestRow {
  return record.toJSON() as RequestRow;
}
