// #region report
import { main, type Operation, scoped, sleep, suspend, until, withResolvers } from "effection";
import express from "express";
import { ask } from "../ask.ts";
import { useServer } from "../resources/server.ts";
import { type Door, useDoor } from "./door.ts";

const endlessBegun = withResolvers<void>();

/** The work that a request asks for: it takes a while, and cleans up after itself. */
function* writeReport(kind: string): Operation<string> {
  console.log(`${kind} report: begun`);
  let done = false;
  try {
    if (kind === "endless") {
      endlessBegun.resolve();
      yield* suspend();
    }
    yield* sleep(10);
    done = true;
    return `the ${kind} report`;
  } finally {
    if (!done) console.log(`${kind} report: abandoned`);
  }
}
// #endregion

// #region app
function createApp(enter: Door) {
  return express().get("/:kind", (request, response, next) => {
    const task = enter(() => writeReport(request.params.kind));
    task.then(
      (report) => response.send(report),
      (error) => request.socket.destroyed || next(error),
    );
    response.on("close", () => void task.halt().catch(() => {})); // whoever asked has left
  });
}
// #endregion

// #region main
await main(function* () {
  let door: Door | undefined;
  let asking = Promise.resolve("");
  yield* scoped(function* () {
    door = yield* useDoor();
    const { port } = yield* useServer(createApp(door));
    console.log(yield* until(ask(port, "/short")));

    asking = ask(port, "/endless");
    yield* endlessBegun.operation;
    console.log("main: ends the scope");
  });
  console.log(`client: ${yield* until(asking)}`);
  try {
    door?.(() => writeReport("late"));
  } catch (error) {
    console.log(`late callback: ${(error as Error).message}`);
  }
});
// #endregion
