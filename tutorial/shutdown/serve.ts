// #region app
import { ensure, main, suspend } from "effection";
import express from "express";
import { usePool } from "../pool/pool.ts";
import type { AppFactory } from "../pool/types.ts";
import { useSwitchboard } from "../switchboard/switchboard.ts";
import { useDrain } from "./drain.ts";

/** Sends the first half of its answer at once, and the second half when the whole request has arrived. */
const app: AppFactory = function* ({ hostname }) {
  return express().post("/", (request, response) => {
    response.write(`hello from ${hostname}, `);
    request.resume().on("end", () => response.end("and goodbye"));
  });
};
// #endregion

// #region serve
await main(function* () {
  const pool = yield* usePool({ app, onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`) });
  const { server, port } = yield* useSwitchboard(pool, Number(process.env.PORT ?? 8000));
  yield* useDrain(server, 1_000, ({ finished, cut }) => console.log(`drained: ${finished} finished, ${cut} cut`));
  yield* ensure(() => console.log("draining"));
  console.log(`listening on port ${port}`);
  yield* suspend();
});
// #endregion
