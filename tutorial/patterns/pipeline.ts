// #region pipeline
import { type Operation, scoped } from "effection";

export interface Pipeline<In, Out> {
  /** The same pipeline, and one more stage at its end. */
  stage<Next>(name: string, operation: (input: Out) => Operation<Next>): Pipeline<In, Next>;
  run(input: In): Operation<Out>;
}

/** What a pipeline throws: which stage failed, and why. */
export class StageError extends Error {
  readonly stage: string;

  constructor(stage: string, cause: unknown) {
    super(`stage "${stage}" failed: ${(cause as Error).message}`, { cause });
    this.stage = stage;
  }
}

/** A pipeline without stages: it gives back what it is given. */
export function createPipeline<In>(): Pipeline<In, In> {
  return toPipeline(function* (input) {
    return input;
  });
}

function toPipeline<In, Out>(run: (input: In) => Operation<Out>): Pipeline<In, Out> {
  return {
    run,
    stage: (name, operation) =>
      toPipeline(function* (input) {
        const output = yield* run(input);
        try {
          return yield* scoped(() => operation(output));
        } catch (cause) {
          throw new StageError(name, cause);
        }
      }),
  };
}
// #endregion
