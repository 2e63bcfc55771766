// #region doors
import { main, type Operation, scoped, until } from "effection";
import { ask } from "../ask.ts";
import { useServer } from "../resources/server.ts";
import { useDoor } from "../scopes/door.ts";
import { attempt } from "./attempt.ts";

function* writeReport(): Operation<string> {
  throw new Error("there are no figures");
}

function* serve(how: "through the door" | "through an attempt"): Operation<void> {
  const enter = yield* useDoor();
  const { port } = yield* useServer((request, response) => {
    const report = how === "through the door" ? enter(writeReport) : attempt(enter, writeReport);
    report.then(
      (text) => response.end(text),
      ({ message }: Error) => request.socket.destroyed || response.writeHead(500).end(message),
    );
  });
  console.log(`${how}: ${yield* until(ask(port))}`);
  console.log(`${how}: the server is still here: ${yield* until(ask(port))}`);
}

await main(function* () {
  for (const how of ["through an attempt", "through the door"] as const) {
    try {
      yield* scoped(() => serve(how));
    } catch (error) {
      console.log(`${how}: the server is gone: ${(error as Error).message}`);
    }
  }
});
// #endregion
