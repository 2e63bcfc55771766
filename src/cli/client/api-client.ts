import { ensure, type Operation, resource, scoped, until, useAbortSignal } from "effection";
import { Agent, type Dispatcher } from "undici";
import { CommandError, EXIT } from "../exit-codes.ts";
import { readEvents, type StreamEvent } from "./event-stream.ts";
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

const CONNECT_MS = 3_000;
const READ_MS = 10_000;
/** A command has 60 s to start unless it is given more, and may wait for its turn before. */
const CHANGE_MS = 180_000;
/** A stream has a sign of life every 15 s. */
const SILENCE_MS = 45_000;

/**
 * A client of the switchboard at `target`.
 *
 * **Lifetime.** Ready when a switchboard has answered there; nothing is sent before that, least of all a token. Its
 * connections are closed when the caller ends.
 *
 * **Failure.** Throws a {@link CommandError}: nobody answers, what answers is no switchboard, or what the switchboard says.
 */
export function useApiClient(target: Target): Operation<ApiClient> {
  return resource(function* (provide) {
    const agent = new Agent({ connect: { timeout: CONNECT_MS }, pipelining: 1, maxResponseSize: -1 });
    yield* ensure(() => until(agent.destroy()));
    const call = (options: Call) => request(agent, target, options);
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
        return readEvents(response.body);
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

function* request(agent: Agent, target: Target, call: Call): Operation<Dispatcher.ResponseData> {
  const { method, path, query = {}, body, limitMs, withToken = true } = call;
  const url = new URL(path, target.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const { token } = target;
  const signal = yield* useAbortSignal();
  try {
    return yield* until(
      agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        signal,
        headersTimeout: limitMs,
        bodyTimeout: limitMs,
        headers: {
          host: target.host,
          accept: "application/json",
          ...(withToken && token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...call.headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  } catch (error) {
    throw unreachable(target, error);
  }
}

function* checkHealth(target: Target, call: (options: Call) => Operation<Dispatcher.ResponseData>): Operation<void> {
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

function* json(response: Dispatcher.ResponseData, target: Target): Operation<unknown> {
  const answer = yield* text(response);
  if (response.statusCode >= 400) throw toProblem(response.statusCode, answer, target);
  if (answer === "") return undefined;
  try {
    return JSON.parse(answer);
  } catch {
    throw new CommandError(EXIT.failed, `the answer of ${target.url.origin} is no JSON`);
  }
}

function* text(response: Dispatcher.ResponseData): Operation<string> {
  return yield* until(response.body.text());
}
