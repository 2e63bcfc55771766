// #region serve
import { main, type Operation, scoped, sleep, until, withResolvers } from "effection";
import { ask } from "../ask.ts";
import { attempt } from "../failure/attempt.ts";
import { useServer } from "../resources/server.ts";
import { type Door, useDoor } from "../scopes/door.ts";
import { useDrain } from "./drain.ts";

const arrivals = { next: withResolvers<void>() };

function* writeAnswer(): Operation<string> {
  arrivals.next.resolve();
  yield* sleep(100);
  return "hello";
}

function* serve(order: "door first" | "door last"): Operation<{ port: number }> {
  let enter: Door | undefined;
  if (order === "door first") enter = yield* useDoor();
  const { server, port } = yield* useServer((_request, response) => {
    if (enter === undefined) throw new Error("no request comes before the door is open");
    attempt(enter, writeAnswer).then(
      (text) => response.end(text),
      () => response.destroy(),
    );
  });
  yield* useDrain(server, 1_000, ({ finished, cut }) => console.log(`drained: ${finished} finished, ${cut} cut`));
  if (order === "door last") enter = yield* useDoor();
  return { port };
}
// #endregion

// #region main
await main(function* () {
  for (const order of ["door first", "door last"] as const) {
    arrivals.next = withResolvers();
    let answer = Promise.resolve("");
    yield* scoped(function* () {
      const { port } = yield* serve(order);
      answer = ask(port);
      yield* arrivals.next.operation;
    });
    console.log(`${order}: ${yield* until(answer)}`);
  }
});
// #endregion
