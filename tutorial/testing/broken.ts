// #region broken
import { once } from "node:events";
import { createServer } from "node:http";
import { run, until } from "effection";
import { expectNoLeaks } from "effection-switchboard/testing";

const server = createServer();
try {
  await expectNoLeaks(async () => {
    await run(function* () {
      process.on("SIGHUP", () => {});
      setInterval(() => {}, 60_000).unref();
      yield* until(once(server.listen(0, "127.0.0.1"), "listening"));
    });
  });
} catch (error) {
  console.log((error as Error).message);
}
server.close();
// #endregion
