// #region app
import { main, type Operation, until } from "effection";
import express from "express";
import { ask } from "../ask.ts";
import { PoolContext, usePool } from "./pool.ts";
import type { AppFactory } from "./types.ts";

const app: AppFactory = function* ({ hostname }) {
  return express().get("/", (_request, response) => void response.send(`hello from ${hostname}`));
};
// #endregion

// #region main
await main(function* () {
  const pool = yield* usePool({
    app,
    maxServers: 2,
    onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`),
  });

  const asked = Array.from({ length: 10 }, () => pool.getOrCreate("shop"));
  const servers = yield* until(Promise.all(asked));
  console.log(`10 asked for shop, ${new Set(servers).size} server was started`);

  const { port } = yield* until(pool.getOrCreate("blog"));
  console.log(`port ${port}: ${yield* until(ask(port))}`);

  try {
    yield* until(pool.getOrCreate("wiki"));
  } catch (error) {
    console.log((error as Error).message);
  }

  yield* until(pool.shutdown("blog"));
  console.log(`port ${port}: ${yield* until(ask(port))}`);
  yield* until(pool.getOrCreate("wiki"));
  yield* visit("wiki");
  console.log("main: the end");
});
// #endregion

// #region visit
/** Needs no pool as a parameter: it takes that of its context. */
function* visit(hostname: string): Operation<void> {
  const pool = yield* PoolContext.expect();
  console.log(`visit: ${pool.get(hostname)?.hostname} is running`);
}
// #endregion
