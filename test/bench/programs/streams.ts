/**
 * Readers of the live stream of requests; the last one stops reading at once. It reports when all others have been sent
 * something, so there has to be load by then. `streams.ts <port> <count>`
 */
import { get, type IncomingMessage } from "node:http";
import { report } from "./program.ts";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);

const options = {
  host: "127.0.0.1",
  port,
  path: "/__switchboard/api/requests",
  headers: { accept: "text/event-stream" },
};
const begun: Promise<unknown>[] = [];
for (let i = 0; i < count; i += 1) {
  const stream = await new Promise<IncomingMessage>((resolve, reject) => get(options, resolve).on("error", reject));
  if (stream.statusCode !== 200) throw new Error(`a stream got ${stream.statusCode}`);
  if (i === count - 1) stream.pause();
  else begun.push(new Promise((resolve) => stream.on("data", resolve)));
}
get({ host: "127.0.0.1", port, path: "/", headers: { host: "h0.localhost" } }, (response) => response.resume());
await Promise.all(begun);
report({ streams: count });
