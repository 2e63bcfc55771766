/** An Express app whose handler waits for a resolved promise. `handlers.ts <"async" | "operation">` */
import { run, suspend, until } from "effection";
import express, { type Express } from "express";
import { useExpressServer, useRequestHandlers } from "../../../src/index.ts";
import { report } from "./program.ts";

const [kind] = process.argv.slice(2) as ["async" | "operation"];

await run(function* () {
  const { port } = yield* useExpressServer({
    *app() {
      return kind === "async" ? createAsync() : yield* createOperation();
    },
  });
  report({ port });
  yield* suspend();
});

function createAsync(): Express {
  return express().get("/", async (_request, response) => {
    await Promise.resolve();
    response.send("hello");
  });
}

function* createOperation() {
  const operation = yield* useRequestHandlers();
  return express().get(
    "/",
    operation(function* (_request, response) {
      yield* until(Promise.resolve());
      response.send("hello");
    }),
  );
}
