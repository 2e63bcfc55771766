import type { Operation } from "effection";
import { checkKnownOptions, durationOption, fail, integerOption, numberOption, textOption } from "../base/options.ts";
import type { BackoffSettings } from "./backoff.ts";

const MOST = 1_000_000;
const BACKOFF: BackoffSettings = { initialMs: 100, factor: 2, maxMs: 30_000 };

/**
 * Options of a stage of a pipeline.
 *
 * **Lifetime.** Read once, when the stage is added.
 *
 * **Failure.** A value of the wrong type or range, or an unknown option, throws `INVALID_OPTION` at the call.
 */
export interface StageOptions {
  /**
   * How long an attempt may take; then it is halted and has failed. Its own cleanup is waited for, and not counted.
   * @default no limit
   */
  timeoutMs?: number | undefined;
  /** What to do after a failure. @default the first one is final */
  retry?: RetryOptions | undefined;
  /** How many attempts run at once, over all runs; the others wait in their order. @default no limit */
  concurrency?: number | undefined;
}

/**
 * How a stage is tried again.
 *
 * **Lifetime.** Read once, with the options of the stage.
 *
 * **Failure.** As there.
 */
export interface RetryOptions {
  /** How many attempts there are, the first one included. */
  attempts: number;
  /** How long to wait between them. @default { initialMs: 100, factor: 2, maxMs: 30000 } */
  backoff?: BackoffSettings | undefined;
}

/**
 * A stage as data: what `pipeline.stages` lists, and `createPipeline` takes.
 *
 * **Lifetime.** It does not change. A pipeline that is made from it has its own count of what runs at once.
 *
 * **Failure.** Checked when a pipeline is made from it.
 */
export interface PipelineStage {
  /** What failures and events call it; no two stages of a pipeline have the same. */
  readonly name: string;
  /** Makes the stage's output from its input. What it acquires or spawns ends with it. */
  readonly operation: (input: never) => Operation<unknown>;
  /** As they were given. @default none */
  readonly options?: StageOptions | undefined;
}

/**
 * What happens in a stage. `run` counts the runs of a pipeline from 1 on, `attempt` those of the stage in this run.
 *
 * **Lifetime.** Each `started` is followed by exactly one of the others, `ms` milliseconds later.
 *
 * **Failure.** A listener that throws is reported as a process warning.
 */
export type StageEvent =
  /** An attempt begins; before that it may have waited for its turn. */
  | { type: "started"; stage: string; run: number; attempt: number }
  /** It has returned, and what it acquired is released. */
  | { type: "finished"; stage: string; run: number; attempt: number; ms: number }
  /** It has failed or took too long; `retryInMs` is `undefined` when that was the last attempt. */
  | {
      type: "failed";
      stage: string;
      run: number;
      attempt: number;
      ms: number;
      error: Error;
      message: string;
      retryInMs: number | undefined;
    }
  /** The run was halted. */
  | { type: "halted"; stage: string; run: number; attempt: number; ms: number };

/** What a stage works with. */
export interface StageSettings {
  operation: (input: unknown) => Operation<unknown>;
  timeoutMs: number | undefined;
  attempts: number;
  backoff: BackoffSettings;
  concurrency: number | undefined;
}

/** Checks a stage. */
export function resolveStage({ name, operation, options = {} }: PipelineStage): StageSettings {
  textOption("name", name);
  if (typeof operation !== "function") fail("operation", "a function that returns an operation", operation);
  checkKnownOptions("a stage", options, ["timeoutMs", "retry", "concurrency"]);
  const { timeoutMs, retry = { attempts: 1 }, concurrency } = options;
  checkKnownOptions("retry", retry, ["attempts", "backoff"]);
  return {
    operation: operation as StageSettings["operation"],
    timeoutMs: timeoutMs === undefined ? undefined : durationOption("timeoutMs", timeoutMs, 1),
    attempts: integerOption("retry.attempts", retry.attempts, 1, MOST),
    backoff: resolveBackoff(retry.backoff ?? BACKOFF),
    concurrency: concurrency === undefined ? undefined : integerOption("concurrency", concurrency, 1, MOST),
  };
}

function resolveBackoff(backoff: BackoffSettings): BackoffSettings {
  checkKnownOptions("retry.backoff", backoff, ["initialMs", "factor", "maxMs"]);
  const factor = numberOption("retry.backoff.factor", backoff.factor);
  return {
    initialMs: durationOption("retry.backoff.initialMs", backoff.initialMs),
    factor: factor >= 1 ? factor : fail("retry.backoff.factor", "a finite number >= 1", factor),
    maxMs: durationOption("retry.backoff.maxMs", backoff.maxMs),
  };
}
