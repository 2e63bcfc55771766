import { checkKnownOptions, fail, integerOption, within } from "../base/options.ts";
import type { RequestRecord } from "../base/request-record.ts";
import type { ObservationSettings } from "../observe/observation.ts";
import type { RequestObserver } from "../observe/request-observer.ts";

/**
 * How much of what happens is kept.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ObserveConfig {
  /** How many requests, the last ones, about 1 kB each. @default 10000 */
  requests?: number | undefined;
  /** How many events, the last ones. @default 2000 */
  events?: number | undefined;
}

/** More would be a database, not a memory. */
const MOST = 1_000_000;

/** Checks the option `observe`; `undefined` when nothing is to be kept. */
export function resolveObserve(observe: boolean | ObserveConfig = true): ObservationSettings | undefined {
  if (observe === false) return undefined;
  const config = observe === true ? {} : observe;
  if (typeof config !== "object" || config === null) fail("observe", "true, false or an object of options", observe);
  checkKnownOptions("observe", config, ["requests", "events"]);
  return within("observe", () => ({
    requests: integerOption("requests", config.requests ?? 10_000, 1, MOST),
    events: integerOption("events", config.events ?? 2_000, 1, MOST),
  }));
}

/** Two observers as one; the second hears of everything, too, when the first throws. */
export function bothObservers(
  first: RequestObserver | undefined,
  second: RequestObserver | undefined,
): RequestObserver | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    began: (record) =>
      inTurn(
        () => first.began(record),
        () => second.began(record),
      ),
    finished: (record: RequestRecord) =>
      inTurn(
        () => first.finished(record),
        () => second.finished(record),
      ),
  };
}

function inTurn(first: () => void, second: () => void): void {
  try {
    first();
  } finally {
    second();
  }
}
