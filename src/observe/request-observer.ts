import type { RequestRecord } from "../base/request-record.ts";

/**
 * Hears of requests. It is called in the middle of every request: it must be quick, and cannot steer.
 *
 * **Lifetime.** `finished` comes once for each `began`, when the response, or the upgraded socket, has closed. Requests
 * for the switchboard itself are not told.
 *
 * **Failure.** One that throws is reported as a process warning, and the request goes on.
 */
export interface RequestObserver {
  /** A request has arrived, and its hostname is known if it has one. */
  began(record: RequestRecord): void;
  /** It is over: the record says how, and does not change any more. */
  finished(record: RequestRecord): void;
}
