/** Requests through a forwarder to a server that resets at random. `resets.ts <requests>` */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run, until } from "effection";
import { AppServer } from "../../../src/server/app-server.ts";
import { useForwarder } from "../../../src/server/forward/forward.ts";
import { ResettingServer, storm } from "../../support/reset-storm.ts";
import { report } from "./program.ts";

const [requests] = process.argv.slice(2).map(Number) as [number];
const MiB = 1024 * 1024;

await run(function* () {
  const server = new ResettingServer(0.1);
  const target = { host: "127.0.0.1", port: yield* until(server.listen()) };
  const forwarder = yield* useForwarder({ target, hostname: "h0" });
  const app = new AppServer((error) => console.error(error));
  app.use(forwarder.request);
  const front = createServer((request, response) => void app.emit("request", request, response));
  yield* until(new Promise<void>((resolve) => void front.listen(0, "127.0.0.1", resolve)));
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const send = (count: number) => until(storm(server, url, "h0.localhost", count, 50));
  yield* send(requests / 10); // for the compiler, and so that what is kept for good is there
  const before = heapUsed();
  const began = performance.now();
  const result = yield* send(requests);
  const seconds = (performance.now() - began) / 1_000;
  const { active, connections } = forwarder.inspect();
  report({
    perSecond: requests / seconds,
    wrong: result.wrong.length,
    mostOfAPost: result.mostOfAPost,
    mostOfAGet: result.mostOfAGet,
    heapGrowth: (heapUsed() - before) / MiB,
    active,
    open: connections.open,
  });
});

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
