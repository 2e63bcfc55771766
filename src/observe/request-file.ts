import { action, ensure, type Operation, resource, sleep, spawn, until } from "effection";
import type { RotatingFileStream } from "rotating-file-stream";
import { finishesWithin, noop } from "../base/operations.ts";
import { fail } from "../base/options.ts";
import type { RequestRecord } from "../base/request-record.ts";
import type { Journal, JournalBatch, JournalSubscription } from "./journal.ts";

/** A file that requests are written to. */
export interface RequestFileSettings {
  /** Its path. What is full is renamed to this with `.1`, that to `.2`, and so on. */
  file: string;
  /** When it is full, in bytes. */
  fileBytes: number;
  /** How many that were full are kept. */
  files: number;
}

/** How long records are gathered before they are written: a write for each would cost more than the request. */
const GATHER_MS = 100;
/** How many can be gathered; the oldest of more are lost, and counted. */
const BACKLOG = 20_000;
/** How long opening the file, or the last write, may take. */
const FILE_MS = 5_000;

/**
 * Writes each request as a line of JSON, and how many were lost where the disk was too slow: `{"lost":12}`.
 *
 * **Lifetime.** Ready when the file is open. When the caller ends, what has come until then is written.
 *
 * **Failure.** Throws `INVALID_OPTION` when the file cannot be opened. Later errors are told to `failed`, and nothing more is
 * written.
 */
export function useRequestFile(
  journal: Journal<RequestRecord>,
  settings: RequestFileSettings,
  failed: (error: Error) => void,
): Operation<void> {
  return resource(function* (provide) {
    const subscription = journal.subscribe({ backlog: BACKLOG });
    yield* ensure(() => subscription.close());
    const stream = yield* openFile(settings);
    stream.on("error", failed).on("warning", failed);
    yield* ensure(function* () {
      const batch = subscription.take();
      const inTime = yield* finishesWithin(FILE_MS, () => ended(stream, batch === undefined ? "" : toLines(batch)));
      if (!inTime) failed(new Error(`the last requests could not be written to ${settings.file} within ${FILE_MS} ms`));
    });
    yield* spawn(function* () {
      for (;;) {
        yield* ready(subscription);
        yield* sleep(GATHER_MS);
        const batch = subscription.take();
        if (batch === undefined || stream.destroyed) continue;
        if (!stream.write(toLines(batch))) yield* drained(stream);
      }
    });
    yield* provide();
  });
}

/** Opens the file, and its folder where that is missing. */
function* openFile({ file, fileBytes, files }: RequestFileSettings): Operation<RotatingFileStream> {
  const { createStream } = yield* until(import("rotating-file-stream")); // few have such a file
  const stream = createStream(file, { size: `${fileBytes}B`, rotate: files, mode: 0o600 });
  const outcome = yield* action<Error | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(new Error(`it is not open after ${FILE_MS} ms`)), FILE_MS);
    stream.once("open", () => resolve(undefined)).once("error", resolve);
    return () => clearTimeout(timer);
  }, "the file of requests is open");
  if (outcome === undefined) return stream;
  stream.on("error", noop).destroy();
  return fail("observe.file", `a file that can be written (${outcome.message})`, file);
}

function ready(subscription: JournalSubscription<RequestRecord>): Operation<void> {
  return action((resolve) => {
    subscription.whenReady(resolve);
    return noop;
  }, "requests to write");
}

/** Also when it never will be: then it is closed. */
function drained(stream: RotatingFileStream): Operation<void> {
  return action((resolve) => {
    const settle = () => resolve();
    stream.once("drain", settle).once("close", settle);
    return () => stream.off("drain", settle).off("close", settle);
  }, "the file of requests drains");
}

function ended(stream: RotatingFileStream, last: string): Operation<void> {
  return action((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once("close", () => resolve()).end(last);
    return noop;
  }, "the file of requests is closed");
}

function toLines({ records, lost }: JournalBatch<RequestRecord>): string {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  return lost === 0 ? lines.join("") : `{"lost":${lost}}\n${lines.join("")}`;
}
