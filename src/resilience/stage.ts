import { type Operation, scoped, sleep, spawn } from "effection";
import { SwitchboardError, toError } from "../base/errors.ts";
import { backoffDelay } from "./backoff.ts";
import { type PipelineStage, resolveStage, type StageEvent, type StageSettings } from "./stage-settings.ts";
import { hold } from "./turn.ts";
import { Turns } from "./turns.ts";

type Outcome = { ok: true; value: unknown } | { ok: false; error: Error; retryInMs: number | undefined };

/** How an attempt ended, as far as its event says it. */
type End =
  | { type: "finished" }
  | { type: "halted" }
  | { type: "failed"; error: Error; message: string; retryInMs: number | undefined };

/** A stage that can run, in many runs at once: all pipelines that have it share its turns. */
export class Stage {
  readonly definition: PipelineStage;
  readonly #settings: StageSettings;
  readonly #turns: Turns | undefined;

  constructor(definition: PipelineStage) {
    this.#settings = resolveStage(definition);
    this.definition = Object.freeze({ ...definition });
    const { concurrency } = this.#settings;
    this.#turns = concurrency === undefined ? undefined : new Turns(concurrency);
  }

  get name(): string {
    return this.definition.name;
  }

  /** Attempts it until it succeeds, or no attempt is left. */
  *run(input: unknown, run: number, hear: (event: StageEvent) => void): Operation<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      const once = () => this.#attempt(input, run, attempt, hear);
      const outcome = this.#turns === undefined ? yield* once() : yield* hold(this.#turns, once);
      if (outcome.ok) return outcome.value;
      if (outcome.retryInMs === undefined) throw outcome.error;
      yield* sleep(outcome.retryInMs); // without a turn: others may have it meanwhile
    }
  }

  *#attempt(input: unknown, run: number, attempt: number, hear: (event: StageEvent) => void): Operation<Outcome> {
    const facts = { stage: this.name, run, attempt };
    const began = performance.now();
    let end: End = { type: "halted" };
    hear({ type: "started", ...facts });
    try {
      const value = yield* this.#inTime(input);
      end = { type: "finished" };
      return { ok: true, value };
    } catch (thrown) {
      const error = toError(thrown);
      const { attempts, backoff } = this.#settings;
      const retryInMs = attempt < attempts ? backoffDelay(attempt, backoff) : undefined;
      end = { type: "failed", error, message: error.message, retryInMs };
      return { ok: false, error, retryInMs };
    } finally {
      hear({ ...end, ...facts, ms: performance.now() - began });
    }
  }

  /**
   * The failure boundary: whatever fails in the stage, a child too, is a failure of this stage. A clock that is one of its
   * children costs a third of a race.
   */
  *#inTime(input: unknown): Operation<unknown> {
    const { name: stage } = this;
    const { operation, timeoutMs } = this.#settings;
    const clock = timeoutMs === undefined ? undefined : new Clock(timeoutMs);
    try {
      return yield* scoped(() => (clock === undefined ? operation(input) : clock.limit(() => operation(input))));
    } catch (cause) {
      if (clock?.over !== undefined) {
        const message = `stage ${JSON.stringify(stage)} did not finish within ${timeoutMs} ms (timeoutMs)`;
        // Any other cause is what its cleanup threw.
        throw new SwitchboardError("STAGE_TIMEOUT", message, cause === clock.over ? { stage } : { stage, cause });
      }
      const message = `stage ${JSON.stringify(stage)} failed: ${toError(cause).message}`;
      throw new SwitchboardError("STAGE_FAILED", message, { stage, cause });
    }
  }
}

/** Ends the scope around an operation when the time is over, unless the operation has ended: cleanup is not counted. */
class Clock {
  /** What it ended the scope with. */
  over: Error | undefined;
  #ended = false;
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  *limit<T>(operation: () => Operation<T>): Operation<T> {
    yield* spawn(() => this.#run());
    try {
      return yield* operation();
    } finally {
      this.#ended = true;
    }
  }

  *#run(): Operation<void> {
    yield* sleep(this.#ms);
    if (this.#ended) return;
    this.over = new Error("the time is over");
    throw this.over;
  }
}
