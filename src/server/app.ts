import type { RequestListener, Server } from "node:http";
import { inspect } from "node:util";
import { type Operation, resource, until } from "effection";
import type { Express } from "express";
import { SwitchboardError, toError } from "../base/errors.ts";
import { fail } from "../base/options.ts";
import { OutsideApp } from "./outside-app.ts";

/**
 * What an app factory gets.
 *
 * **Lifetime.** Made for one start of one server.
 *
 * **Failure.** None of its own: what the factory does with it fails that start only.
 */
export interface AppContext {
  /** The routing name the app is for. */
  hostname: string;
  /** The server the app will run on, for whatever attaches to one (WebSockets). It does not listen yet. */
  server: Server;
  /** Aborted when the server has stopped: after the drain, before an operation's resources are released. */
  signal: AbortSignal;
}

/**
 * What answers requests: an Express app is one; so is any other request listener of `node:http`.
 *
 * **Lifetime.** It answers from the moment its server listens until the drain is over.
 *
 * **Failure.** What it throws, or a promise of its that rejects, outside its own error handling answers 500; its pool
 * tells it as an `error` event, a server alone its `onError`. The server goes on.
 */
export type App = RequestListener;

/**
 * What a factory makes: an app; an {@link OutsideApp}, which `threadApp`, `commandApp` and `remoteApp` make; or `undefined`
 * to decline the hostname.
 *
 * **Lifetime.** A declined hostname is asked about again at its next request.
 *
 * **Failure.** `undefined` answers 404 and is no failure; anything else that is no function fails the start.
 */
export type AppResult = App | OutsideApp | undefined;

/**
 * An Express app where an {@link AppFactory} may stand: it answers for every hostname.
 *
 * Without its call signatures, which would keep TypeScript from inferring the parameter of a factory beside it. A
 * request listener that is no Express app needs a factory: `() => listener`.
 *
 * **Lifetime.** It is the caller's: every server uses the same one, and none of them ends it.
 *
 * **Failure.** As that of any {@link App}.
 */
export type ExpressApp = Pick<Express, "set" | "use" | "listen">;

/**
 * Makes the app for a hostname: plainly, with a promise, or as an operation.
 *
 * **Lifetime.** Called once for each start. An operation runs inside the server's own scope: what it acquires lives
 * until the server has drained, and is released with it.
 *
 * **Failure.** What it throws fails the start of this server only; a
 * background failure of what it acquired is a crash of this server only.
 */
export type AppFactory = (context: AppContext) => AppResult | Promise<AppResult> | Operation<AppResult>;

/**
 * The factory that `value` stands for: a factory is itself; an Express app, or a function of two or more
 * parameters (a request listener), is one app for every hostname.
 */
export function toAppFactory(option: string, value: unknown): AppFactory {
  if (typeof value !== "function") return fail(option, "an app factory, an Express app or a request listener", value);
  const isApp = value.length >= 2 || isExpress(value);
  return isApp ? () => value as App : (value as AppFactory);
}

/** Runs `factory`. Throws `DECLINED` when it returns `undefined`, `START_FAILED` when that is no app. */
export function* makeApp(factory: AppFactory, context: AppContext): Operation<App | OutsideApp> {
  const app = yield* settle(factory, context);
  if (typeof app === "function" || app instanceof OutsideApp) return app;
  const { hostname } = context;
  if (app === undefined) throw new SwitchboardError("DECLINED", `there is no app for "${hostname}"`, { hostname });
  throw new SwitchboardError(
    "START_FAILED",
    `the app factory for "${hostname}" must return an Express app, a request listener or undefined, got ${inspect(app, { depth: 0 })}`,
    { hostname },
  );
}

/** What a factory makes. Whatever it throws is an Error from here on. */
function* settle(factory: AppFactory, context: AppContext): Operation<AppResult> {
  try {
    const result = factory(context);
    if (isThenable(result)) return yield* until(Promise.resolve(result).catch(rethrow));
    if (isOperation(result)) return yield* useApp(result);
    return result;
  } catch (error) {
    throw toError(error);
  }
}

function rethrow(thrown: unknown): never {
  throw toError(thrown);
}

/** A resource of its own, so that tasks the app starts on its scope later outlive the server's drain. */
function useApp(operation: Operation<AppResult>): Operation<AppResult> {
  return resource(function* (provide) {
    let app: AppResult;
    try {
      app = yield* operation;
    } catch (error) {
      throw toError(error);
    }
    yield* provide(app);
  });
}

/** Every Express app is a function with these (Express 5 API, `app.handle` and `app.set`). */
function isExpress(value: object): boolean {
  return "handle" in value && "set" in value;
}

export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function isOperation(value: unknown): value is Operation<AppResult> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Symbol.iterator in value;
}
