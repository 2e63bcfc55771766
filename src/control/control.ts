import { randomBytes } from "node:crypto";
import express, { type Express, type Router } from "express";
import { toError } from "../base/errors.ts";
import { answerProblem } from "./answer.ts";
import { Auth } from "./auth.ts";
import type { ControlSettings } from "./config.ts";
import { gate } from "./gate.ts";
import type { ControlSource } from "./source.ts";
import { Streams } from "./streams.ts";

/** What answers on `switchboard.localhost` and below `/__switchboard/`, when the control API is on. */
export interface Control {
  app: Express;
  /** What an operator shows. */
  token: string;
  /** The drain begins: streams end. */
  close(): void;
}

/**
 * Makes the control app. Its parts are loaded with the first request for it: they cost a program that nobody looks at
 * nothing.
 *
 * **Lifetime.** Passive, but for the streams that somebody reads; `close` ends those. **Failure.** A request that cannot be
 * done is answered with problem details.
 */
export function createControl(source: ControlSource, { token: own, jwt }: ControlSettings): Control {
  const token = own ?? randomBytes(32).toString("base64url");
  const streams = new Streams();
  const startedAt = performance.now();
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // nothing that it answers is kept
  app.set("query parser", "simple");
  app.enable("strict routing"); // or the redirect would be one to itself
  app.use(gate);
  app.all(FOLDER, toFolder);
  let api: Promise<Router> | undefined;
  const load = async () => {
    const { createApi } = await import("./api.ts");
    return createApi({ source, auth: new Auth(token, jwt), streams, startedAt });
  };
  const serve: express.RequestHandler = async (request, response, next) => {
    api ??= load();
    (await api)(request, response, next);
  };
  app.use(FOLDER, serve);
  app.use(serve);
  app.use(unreadable);
  return { app, token, close: () => streams.close() };
}

/** Express could not read the path. Its own answer would have the stack. */
const unreadable: express.ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (!(error instanceof URIError)) process.emitWarning(toError(error));
  answerProblem(response, { status: 400, code: "BAD_REQUEST", detail: "the path cannot be read" });
};

/** What is at the root is here, too: the one place that loopback names have. */
const FOLDER = "/__switchboard";

/** The addresses in the page are relative to its folder. */
const toFolder: express.RequestHandler = ({ url }, response) => {
  const query = url.indexOf("?");
  response.redirect(308, `.${FOLDER}/${query === -1 ? "" : url.slice(query)}`);
};
