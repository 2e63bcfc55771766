/** A switchboard whose h0 echoes WebSockets: by handoff, or forwarded to a server on another port. `sockets-front.ts [port]` */
import { createSwitchboard, remoteApp } from "../../../src/index.ts";
import { makeApp } from "./apps.ts";
import { report } from "./program.ts";

const [port] = process.argv.slice(2);
const board = await createSwitchboard({
  basePort: 0,
  app: ({ hostname, server }) =>
    port === undefined ? makeApp("echo", hostname, server) : remoteApp(`http://127.0.0.1:${port}`),
});
await board.pool.getOrCreate("h0");
report({ port: board.port });
