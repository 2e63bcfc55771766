// #region around
import { main, until, withResolvers } from "effection";
import { ask } from "../ask.ts";
import { usePool } from "../pool/pool.ts";
import type { Around } from "../pool/types.ts";
import { app } from "./app.ts";
import { fireDoor } from "./fire-door.ts";
import { supervise } from "./supervise.ts";

const gaveUp = withResolvers<void>();

const around: Around = (hostname, life) =>
  fireDoor(
    () =>
      supervise(life, {
        max: 2,
        firstDelayMs: 10,
        onRestart: ({ message }, delayMs) => console.log(`${hostname}: ${message}; again in ${delayMs} ms`),
      }),
    ({ message }) => {
      console.log(`${hostname}: ${message}; we give up`);
      gaveUp.resolve();
    },
  );
// #endregion

// #region main
await main(function* () {
  const pool = yield* usePool({ app, around, onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`) });
  const shop = yield* until(pool.getOrCreate("shop"));
  const blog = yield* until(pool.getOrCreate("blog"));

  console.log(`a request fails: ${yield* until(ask(shop.port, "/throw"))}`);
  console.log(`the server is well: ${yield* until(ask(shop.port))}`);

  const events = yield* pool.events;
  yield* until(ask(shop.port, "/crash"));
  yield* events.next(); // stopped
  yield* events.next(); // started
  const { port } = yield* until(pool.getOrCreate("shop"));
  console.log(`after the crash: ${yield* until(ask(port))}`);

  const asking = pool.getOrCreate("bad").catch((error: Error) => error.message);
  yield* gaveUp.operation;
  console.log(`who asked for bad was told: ${yield* until(asking)}`);
  console.log(`blog never noticed: ${yield* until(ask(blog.port))}`);
});
// #endregion
