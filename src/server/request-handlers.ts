import { action, type Operation, resource, type Scope, scoped, type Task, useScope } from "effection";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { SwitchboardError, toError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";

/**
 * A request handler that is an operation.
 *
 * **Lifetime.** One run for each request: until it returns, its client leaves, or the server has drained.
 *
 * **Failure.** What it throws, or what anything throws that it has started, goes to Express's error handling, once.
 */
export type RequestOperation = (request: Request, response: Response) => Operation<unknown>;

/**
 * Lets an app answer requests with operations: `const operation = yield* useRequestHandlers()`, then
 * `app.get("/", operation(function* (request, response) { ... }))`.
 *
 * A handler runs in a scope of its own below the app's: it sees the contexts that are set there, what it acquires or
 * starts ends with it, and it is halted when its client leaves. After its answer it may go on.
 *
 * **Lifetime.** Acquired in an app factory, it lasts until the server has drained: what is in flight may finish. Then
 * handlers that still run are halted, and later requests fail with `SERVER_CLOSED`.
 *
 * **Failure.** No handler makes the server fail.
 *
 * ```ts
 * const app = function* () {
 *   const operation = yield* useRequestHandlers();
 *   return express().get("/slow", operation(function* (_request, response) {
 *     yield* sleep(1_000); // halted when the client leaves
 *     response.send("done");
 *   }));
 * };
 * ```
 */
export function useRequestHandlers(): Operation<(handler: RequestOperation) => RequestHandler> {
  return resource(function* (provide) {
    const handlers = new Handlers(yield* useScope());
    try {
      yield* provide((handler) => (request, response, next) => {
        handlers.run({ handler, request, response, next });
      });
    } finally {
      handlers.close();
    }
  });
}

/** A request that a handler is to answer. */
interface Job {
  handler: RequestOperation;
  request: Request;
  response: Response;
  next: NextFunction;
}

/** A task that answers one request after the other: to start one for each would cost twice as much. */
interface Worker {
  task: Task<never>;
  job: Job | undefined;
  /** Wakes it while it waits for a job. */
  wake: () => void;
}

class Handlers {
  readonly #scope: Scope;
  readonly #idle: Worker[] = [];
  #open = true;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  close(): void {
    this.#open = false;
  }

  run(job: Job): void {
    if (!this.#open) {
      job.next(new SwitchboardError("SERVER_CLOSED", "the server has stopped: its request handlers have ended"));
      return;
    }
    const worker = this.#idle.pop() ?? this.#hire();
    worker.job = job;
    worker.wake();
    job.response.on("close", () => {
      const left = worker.job === job && !job.response.writableFinished;
      if (left) worker.task.halt().catch(noop); // nobody hears the answer: this worker is not used again
    });
  }

  #hire(): Worker {
    const worker: Worker = { task: undefined as never, job: undefined, wake: noop };
    worker.task = this.#scope.run(() => this.#work(worker));
    return worker;
  }

  *#work(worker: Worker): Operation<never> {
    for (;;) {
      if (worker.job === undefined) yield* wait(worker);
      const job = worker.job as unknown as Job;
      yield* answer(job);
      worker.job = undefined;
      this.#idle.push(worker);
    }
  }
}

function wait(worker: Worker): Operation<void> {
  return action((resolve) => {
    worker.wake = resolve;
    return () => {
      worker.wake = noop;
    };
  }, "next request");
}

function* answer({ handler, request, response, next }: Job): Operation<void> {
  try {
    yield* scoped(() => handler(request, response));
  } catch (error) {
    next(toError(error));
  }
}
