/** A front that forwards to a server on another port, as it does for servers in threads and processes. `forward.ts <port>` */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { run, suspend } from "effection";
import { AppServer } from "../../../src/server/app-server.ts";
import { useForwarder } from "../../../src/server/forward/forward.ts";
import { serve } from "./program.ts";

const [port] = process.argv.slice(2).map(Number) as [number];

await run(function* () {
  const target = { host: "127.0.0.1", port };
  const forwarder = yield* useForwarder({ target, hostname: "h0", failed: ({ message }) => console.error(message) });
  const app = new AppServer((error) => console.error(error));
  app.use(forwarder.request);
  app.on("upgrade", forwarder.upgrade);
  const front = createServer((request: IncomingMessage, response: ServerResponse) => {
    app.emit("request", request, response);
  });
  front.on("upgrade", (request, socket, head) => app.emit("upgrade", request, socket, head));
  serve(front);
  yield* suspend();
});
