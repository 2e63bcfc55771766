// #region trap
import { main, type Operation, suspend, until } from "effection";
import { type Listening, useServer } from "../resources/server.ts";
import { useDoor } from "../scopes/door.ts";

await main(function* () {
  const enter = yield* useDoor();
  const servers = new Map<string, Listening>();
  let started = 0;

  async function getOrCreate(hostname: string): Promise<Listening> {
    const existing = servers.get(hostname);
    if (existing !== undefined) return existing;
    started += 1;
    const server = await start();
    servers.set(hostname, server);
    return server;
  }

  function start(): Promise<Listening> {
    return new Promise((resolve) => {
      enter(function* (): Operation<void> {
        resolve(yield* useServer());
        yield* suspend();
      });
    });
  }

  yield* until(Promise.all([getOrCreate("shop"), getOrCreate("shop"), getOrCreate("shop")]));
  console.log(`3 asked for shop, ${started} servers were started`);
});
// #endregion
