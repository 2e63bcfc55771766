import type { IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { type Operation, resource, scoped, until } from "effection";
import { CommandError, EXIT } from "../exit-codes.ts";
import { readEvents, type StreamEvent } from "./event-stream.ts";
import { exchange } from "./exchange.ts";
import { noApi, notASwitchboard, toProblem, unreachable } from "./failures.ts";
import type { Target } from "./target.ts";

/** What may be asked for beside a path. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Talks to a switchboard. */
export interface ApiClient {
  target: Target;
  get<T>(path: string, query?: Query): Operation<T>;
  /** Changes something. It may take as long as a start does. */
  send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Operation<T>;
  /** What comes from now on, or since `after`. It ends when the switchboard does. */
  stream(path: string, query?: Query, after?: number): Operation<AsyncIterator<StreamEvent>>;
}

const READ_MS = 10_000;
/** A command has 60 s to start unless it is given more, and may wait for its turn before. */
const CHANGE_MS = 180_000;
/** A stream has a sign of life every 15 s. */
const SILENCE_MS = 45_000;

/**
 * A client of the switchboard at `target`.
 *
 * **Lifetime.** Ready when a switchboard has answered there; nothing is sent before that, least of all a token.
 * What is under way when the caller ends is broken off.
 *
 * **Failure.** Throws a {@link CommandError}: nobody answers, what answers is no switchboard, or what the switchboard says.
 */
export function useApiClient(target: Target): Operation<ApiClient> {
  return resource(function* (provide) {
    const call = (options: Call) => request(target, options);
    yield* checkHealth(target, call);
    const ask = (asked: Call): Operation<unknown> =>
      scoped(function* () {
        return yield* json(yield* call(asked), target);
      });
    yield* provide({
      target,
      get: <T>(path: string, query?: Query) => ask({ method: "GET", path, query, limitMs: READ_MS }) as Operation<T>,
      send: <T>(method: Call["method"], path: string, body?: object) =>
        ask({ method, path, body, limitMs: CHANGE_MS }) as Operation<T>,
      *stream(path, query, after) {
        const headers = {
          accept: "text/event-stream",
          ...(after !== undefined && { "last-event-id": String(after) }),
        };
        const response = yield* call({ method: "GET", path, query, headers, limitMs: SILENCE_MS });
        if (response.statusCode !== 200) yield* json(response, target);
        if (!String(response.headers["content-type"]).startsWith("text/event-stream")) throw noApi(target);
        return readEvents(response);
      },
    });
  });
}

interface Call {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Query | undefined;
  headers?: Record<string, string>;
  body?: object | undefined;
  /** What may pass until the head of the answer, and between two parts of its body. */
  limitMs: number;
  withToken?: boolean;
}

function* request(target: Target, call: Call): Operation<IncomingMessage> {
  const { method, path, query = {}, body, limitMs, withToken = true } = call;
  const url = new URL(path, target.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const { token } = target;
  const headers = {
    host: target.host,
    accept: "application/json",
    ...(withToken && token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...call.headers,
  };
  try {
    return yield* exchange({ url, method, headers, body: body && JSON.stringify(body), limitMs });
  } catch (error) {
    throw unreachable(target, error);
  }
}

function* checkHealth(target: Target, call: (options: Call) => Operation<IncomingMessage>): Operation<void> {
  const path = target.url.pathname === "/" ? "__switchboard/health" : "health";
  const response = yield* call({ method: "GET", path, limitMs: READ_MS, withToken: false });
  let health: { status?: unknown; uptimeMs?: unknown } | null;
  try {
    health = JSON.parse(yield* text(response)) as typeof health;
  } catch {
    throw notASwitchboard(target);
  }
  if (typeof health?.status !== "string" || typeof health.uptimeMs !== "number") throw notASwitchboard(target);
}

function* json(response: IncomingMessage, target: Target): Operation<unknown> {
  const answer = yield* text(response);
  const { statusCode = 0 } = response;
  if (statusCode >= 400) throw toProblem(statusCode, answer, target);
  if (answer === "") return undefined;
  try {
    return JSON.parse(answer);
  } catch {
    throw new CommandError(EXIT.failed, `the answer of ${target.url.origin} is no JSON`);
  }
}

function* text(response: IncomingMessage): Operation<string> {
  return yield* until(textOf(response));
}
