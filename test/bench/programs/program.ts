import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

// Without the benchmark nobody would end this process.
process.on("disconnect", () => process.exit());

/** Sends the result, or the port, of this program to the benchmark. */
export function report(message: object): void {
  process.send?.(message);
}

/** Listens on any free loopback port and reports it. Idle connections are kept from one round to the next. */
export function serve(server: Server): void {
  server.keepAliveTimeout = 65_000;
  server.listen(0, "127.0.0.1", () => report({ port: (server.address() as AddressInfo).port, pid: process.pid }));
}
