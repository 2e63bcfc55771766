// #region broken
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ensure, main, type Operation, resource, scoped, until } from "effection";
import { ask } from "../ask.ts";

let port = 0;

function useServerLate(): Operation<void> {
  return resource(function* (provide) {
    const server = createServer((_request, response) => response.end("hello from nobody"));
    yield* until(once(server.listen(0, "127.0.0.1"), "listening"));
    port = (server.address() as AddressInfo).port;
    yield* warmUp();
    yield* ensure(() => void server.close());
    yield* provide();
  });
}

function* warmUp(): Operation<void> {
  throw new Error("the warm-up failed");
}

await main(function* () {
  try {
    yield* scoped(useServerLate);
  } catch (error) {
    console.log((error as Error).message);
  }
  console.log(`port ${port} answers: ${yield* until(ask(port))}`);
});
// #endregion
