import { type RequestOutcome, RequestRecord } from "../../src/base/request-record.ts";

/** What a record says, where it is not the usual. */
export interface RecordFacts {
  hostname?: string | undefined;
  method?: string;
  status?: number | undefined;
  outcome?: RequestOutcome;
  code?: string;
  ms?: number;
  upgrade?: boolean;
  bytesIn?: number;
  bytesOut?: number;
}

/** A record of a request that has just arrived. */
export function arrived({ hostname, method = "GET", upgrade = false }: RecordFacts = {}): RequestRecord {
  const record = new RequestRecord("an-id", "127.0.0.1", method, "/", upgrade);
  record.hostname = hostname;
  return record;
}

/** The record of a request that is over, `ms` after its arrival. */
export function ended(record: RequestRecord, facts: RecordFacts = {}): RequestRecord {
  const { outcome = "served", code, ms = 1, bytesIn = 0, bytesOut = 0 } = facts;
  record.status = "status" in facts ? facts.status : 200;
  return Object.assign(record, { outcome, code, bytesIn, bytesOut, closedUs: ms * 1_000 });
}

/** Tells an observer of a whole request. */
export function request(
  observer: { began(record: RequestRecord): void; finished(record: RequestRecord): void },
  facts: RecordFacts = {},
): void {
  const record = arrived(facts);
  observer.began(record);
  observer.finished(ended(record, facts));
}
