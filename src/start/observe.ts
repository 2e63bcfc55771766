import { resolve } from "node:path";
import { checkKnownOptions, fail, integerOption, textOption, within } from "../base/options.ts";
import type { RequestRecord } from "../base/request-record.ts";
import type { ObservationSettings } from "../observe/observation.ts";
import type { RequestFileSettings } from "../observe/request-file.ts";
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
  /** A file that each request is written to, as a line of JSON; its folder is made where it is missing. @default none */
  file?: string | undefined;
  /** When the file is full, in bytes: it is renamed to the same with `.1`, that to `.2`, and so on. @default 100000000 */
  fileBytes?: number | undefined;
  /** How many files that were full are kept. @default 5 */
  files?: number | undefined;
}

/** What {@link ObserveConfig} comes to. */
export interface ObserveSettings extends ObservationSettings {
  file: RequestFileSettings | undefined;
}

/** More would be a database, not a memory. */
const MOST = 1_000_000;

/** Checks the option `observe`; `undefined` when nothing is to be kept. */
export function resolveObserve(observe: boolean | ObserveConfig = true): ObserveSettings | undefined {
  if (observe === false) return undefined;
  const config = observe === true ? {} : observe;
  if (typeof config !== "object" || config === null) fail("observe", "true, false or an object of options", observe);
  checkKnownOptions("observe", config, ["requests", "events", "file", "fileBytes", "files"]);
  return within("observe", () => ({
    requests: integerOption("requests", config.requests ?? 10_000, 1, MOST),
    events: integerOption("events", config.events ?? 2_000, 1, MOST),
    file: fileOption(config),
  }));
}

function fileOption({ file, fileBytes = 100_000_000, files = 5 }: ObserveConfig): RequestFileSettings | undefined {
  integerOption("fileBytes", fileBytes, 1_000, Number.MAX_SAFE_INTEGER);
  integerOption("files", files, 1, 1_000);
  return file === undefined ? undefined : { file: resolve(textOption("file", file)), fileBytes, files };
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
