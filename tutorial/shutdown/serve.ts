// #region app
import { setTimeout as delay } from "node:timers/promises";
import { main, suspend } from "effection";
import express from "express";
import { usePool } from "../pool/pool.ts";
import type { AppFactory } from "../pool/types.ts";
import { useSwitchboard } from "../switchboard/switchboard.ts";
import { useDrain } from "./drain.ts";

/** Sends the first half of its answer at once, and the second half later, or never. */
const app: AppFactory = function* ({ hostname }) {
  return express().get("/:how", async (request, response) => {
    response.write(`hello from ${hostname}, `);
    if (request.params.how === "endless") return;
    await delay(300);
    response.end("and goodbye");
  });
};
// #endregion

// #region serve
await main(function* () {
  const pool = yield* usePool({ app, onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`) });
  const { server, port } = yield* useSwitchboard(pool, Number(process.env.PORT ?? 8000));
  yield* useDrain(server, 1_000, ({ finished, cut }) => console.log(`drained: ${finished} finished, ${cut} cut`));
  console.log(`listening on port ${port}`);
  yield* suspend();
});
// #endregion
