/** A front that reads nothing of what it passes on: what two connections for each client cost, whatever is done. `pipe.ts <port>` */
import { type AddressInfo, connect, createServer } from "node:net";
import { report } from "./program.ts";

const [port = 0] = process.argv.slice(2).map(Number);

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
  client.pipe(upstream).pipe(client);
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
});
server.listen(0, "127.0.0.1", () => report({ port: (server.address() as AddressInfo).port, pid: process.pid }));
