// #region apps
import { main, scoped, until } from "effection";
import express from "express";
import { ask } from "../ask.ts";
import { useServer } from "./server.ts";

const shop = express().get("/", (_request, response) => void response.send("hello from the shop"));
const blog = express().get("/", (_request, response) => void response.send("hello from the blog"));
// #endregion

// #region main
await main(function* () {
  let ports: number[] = [];
  yield* scoped(function* () {
    const first = yield* useServer(shop);
    const second = yield* useServer(blog);
    ports = [first.port, second.port];
    console.log(yield* until(ask(first.port)));
    console.log(yield* until(ask(second.port)));
  });
  console.log("the scope is over");
  for (const port of ports) console.log(`port ${port}: ${yield* until(ask(port))}`);

  try {
    yield* scoped(function* () {
      const { port } = yield* useServer(shop);
      yield* useServer(blog, port);
    });
  } catch (error) {
    console.log(`the second one failed: ${(error as NodeJS.ErrnoException).code}`);
  }
});
// #endregion
