import type { Operation } from "effection";
import { tell } from "../base/events.ts";
import { choiceOption, fail } from "../base/options.ts";
import { Stage } from "./stage.ts";
import type { PipelineStage, StageEvent, StageOptions } from "./stage-settings.ts";

/**
 * What goes into each stage of a pipeline, and what comes out, by the name of the stage.
 *
 * **Lifetime.** A type alone.
 *
 * **Failure.** None.
 */
export type StageTypes = Record<string, { input: unknown; output: unknown }>;

/**
 * Stages that follow each other. Every method that changes something gives a new pipeline; it shares the stages, and
 * what they count, with the one that it came from.
 *
 * **Lifetime.** A passive value: a run belongs to whoever yields it.
 *
 * **Failure.** A run throws what the stage that failed has come to: `STAGE_FAILED` or `STAGE_TIMEOUT`, with its name in
 * `stage` and, for the first, what it threw as `cause`. No further stage runs.
 */
export interface Pipeline<In, Out, Stages extends StageTypes = Record<never, never>> {
  /** The stages as data, in order. To have them in another order: `createPipeline(stages.toReversed())`. */
  readonly stages: readonly PipelineStage[];
  /** Adds a stage at the end. */
  stage<N extends string, Next>(
    name: N,
    operation: (input: Out) => Operation<Next>,
    options?: StageOptions,
  ): Pipeline<In, Next, Stages & Record<N, { input: Out; output: Next }>>;
  /** Adds a stage before another one, which keeps its type of input. */
  before<K extends keyof Stages & string, N extends string>(
    name: K,
    added: N,
    operation: (input: Stages[K]["input"]) => Operation<Stages[K]["input"]>,
    options?: StageOptions,
  ): Pipeline<In, Out, Stages & Record<N, { input: Stages[K]["input"]; output: Stages[K]["input"] }>>;
  /** Adds a stage after another one, which keeps its type of output. */
  after<K extends keyof Stages & string, N extends string>(
    name: K,
    added: N,
    operation: (input: Stages[K]["output"]) => Operation<Stages[K]["output"]>,
    options?: StageOptions,
  ): Pipeline<In, Out, Stages & Record<N, { input: Stages[K]["output"]; output: Stages[K]["output"] }>>;
  /** Puts another operation, with options of its own, in the place of a stage. */
  replace<K extends keyof Stages & string>(
    name: K,
    operation: (input: Stages[K]["input"]) => Operation<Stages[K]["output"]>,
    options?: StageOptions,
  ): Pipeline<In, Out, Stages>;
  /** Leaves out a stage whose input would do as its output. */
  without<K extends Removable<Stages>>(name: K): Pipeline<In, Out, Omit<Stages, K>>;
  /** Calls `listener`, synchronously, with what happens in the stages of runs of the new pipeline. */
  tap(listener: (event: StageEvent) => void): Pipeline<In, Out, Stages>;
  /** Sends `input` through all stages. The operation may be yielded more than once; each time is a run. */
  run(input: In): Operation<Out>;
}

/**
 * The names of stages that can be left out: their input has the type that the next stage expects.
 *
 * **Lifetime.** A type alone.
 *
 * **Failure.** None.
 */
export type Removable<Stages extends StageTypes> = {
  [K in keyof Stages]: Stages[K]["input"] extends Stages[K]["output"] ? K : never;
}[keyof Stages] &
  string;

/**
 * Makes a pipeline: without stages, which returns what it is given, or of stages that are data.
 *
 * **Lifetime.** A passive value: there is nothing to close.
 *
 * **Failure.** Throws `INVALID_OPTION` for a stage that is none, and for a name that comes twice. The types of stages that
 * are data are yours to say: `createPipeline<In, Out>(stages)`.
 *
 * ```ts
 * const orders = createPipeline<string>()
 *   .stage("parse", function* (text) { return JSON.parse(text) as Order; })
 *   .stage("price", askForPrice, { timeoutMs: 500, retry: { attempts: 3 }, concurrency: 4 });
 * const priced = yield* orders.run(text);
 * ```
 */
export function createPipeline<In, Out = In>(stages: readonly PipelineStage[] = []): Pipeline<In, Out> {
  if (!Array.isArray(stages)) fail("stages", "an array of stages", stages);
  return new StageList<In, Out, Record<never, never>>(
    stages.map((definition) => new Stage(definition)),
    [],
  );
}

class StageList<In, Out, Stages extends StageTypes> implements Pipeline<In, Out, Stages> {
  readonly stages: readonly PipelineStage[];
  readonly #stages: readonly Stage[];
  readonly #listeners: readonly ((event: StageEvent) => void)[];
  #runs = 0;

  constructor(stages: readonly Stage[], listeners: readonly ((event: StageEvent) => void)[]) {
    const names = stages.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) fail("name", "one that no other stage has", twice);
    this.stages = stages.map(({ definition }) => definition);
    this.#stages = stages;
    this.#listeners = listeners;
  }

  stage(name: string, operation: PipelineStage["operation"], options?: StageOptions): never {
    return this.#edit(this.#stages.length, 0, { name, operation, options });
  }

  before(name: string, added: string, operation: PipelineStage["operation"], options?: StageOptions): never {
    return this.#edit(this.#at(name), 0, { name: added, operation, options });
  }

  after(name: string, added: string, operation: PipelineStage["operation"], options?: StageOptions): never {
    return this.#edit(this.#at(name) + 1, 0, { name: added, operation, options });
  }

  replace(name: string, operation: PipelineStage["operation"], options?: StageOptions): never {
    return this.#edit(this.#at(name), 1, { name, operation, options });
  }

  without(name: string): never {
    return this.#edit(this.#at(name), 1);
  }

  tap(listener: (event: StageEvent) => void): Pipeline<In, Out, Stages> {
    if (typeof listener !== "function") fail("listener", "a function", listener);
    return new StageList(this.#stages, [...this.#listeners, listener]);
  }

  run(input: In): Operation<Out> {
    return { [Symbol.iterator]: () => this.#run(input)[Symbol.iterator]() };
  }

  *#run(input: In): Operation<Out> {
    this.#runs += 1;
    const run = this.#runs;
    const hear = (event: StageEvent) => {
      for (const listener of this.#listeners) tell(listener, event);
    };
    let value: unknown = input;
    for (const stage of this.#stages) value = yield* stage.run(value, run, hear);
    return value as Out;
  }

  #at(name: string): number {
    const names = this.#stages.map((stage) => stage.name);
    return names.indexOf(choiceOption("name", name, names));
  }

  /** Its type is what the method says that calls it. */
  #edit(at: number, removed: number, ...added: PipelineStage[]): never {
    const stages = this.#stages.toSpliced(at, removed, ...added.map((definition) => new Stage(definition)));
    return new StageList(stages, this.#listeners) as never;
  }
}
