// #region app
import { type Operation, spawn, withResolvers } from "effection";
import express, { type ErrorRequestHandler } from "express";
import type { AppFactory } from "../pool/types.ts";

/** Three ways to fail: while it starts, in a request, and in the background. */
export const app: AppFactory = function* ({ hostname }) {
  if (hostname === "bad") throw new Error("there is no database");
  const crash = yield* useCrash();
  return express()
    .get("/", (_request, response) => void response.send(`hello from ${hostname}`))
    .get("/throw", () => {
      throw new Error("this request went wrong");
    })
    .get("/crash", (_request, response) => {
      response.on("close", () => crash(new Error(`${hostname} crashed`)));
      response.send("this server will crash");
    })
    .use(sayWhy);
};

const sayWhy: ErrorRequestHandler = (error: Error, _request, response, _next) => {
  response.status(500).send(`500: ${error.message}`);
};

/** A task in the background, and the button that makes it fail. */
function* useCrash(): Operation<(error: Error) => void> {
  const crash = withResolvers<void>();
  yield* spawn(() => crash.operation);
  return crash.reject;
}
// #endregion
