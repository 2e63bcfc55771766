import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Operation, withResolvers } from "effection";
import { isBusy, listen, type PortChoice } from "../listen.ts";
import { LOOPBACK } from "../outside-server.ts";

/** How often the system is asked for a port that is free on IPv4 and IPv6. */
const MAX_ASKED = 10;

/** A port for a child process. */
export interface FreePort {
  port: number;
  /** Somebody else has it after all. */
  lost(): void;
}

/**
 * The first port of `ports` on which nobody listens, on IPv4 and on IPv6 loopback.
 *
 * A child process can only be given a number, so this is the one place that binds a port and closes it again.
 * Until the child has bound it, somebody else may: whoever starts it has to look whether that has happened.
 */
export function* chooseFreePort(ports: PortChoice): Operation<FreePort> {
  for (let asked = 1; ; asked += 1) {
    const wanted = ports.take();
    const port = yield* tryPort(wanted);
    const lost = () => {
      if (wanted !== 0 || asked >= MAX_ASKED) ports.busy(wanted);
    };
    if (port !== undefined) return { port, lost };
    lost();
  }
}

/** Whether nobody listens on `port`, on IPv4 and on IPv6 loopback. */
export function* isFree(port: number): Operation<boolean> {
  return (yield* tryPort(port)) !== undefined;
}

function* tryPort(wanted: number): Operation<number | undefined> {
  let port = wanted;
  for (const host of LOOPBACK) {
    try {
      port = yield* bindOnce(host, port);
    } catch (error) {
      if (isBusy(error)) return undefined;
      if (!isMissing(error)) throw error;
    }
  }
  return port;
}

function* bindOnce(host: string, port: number): Operation<number> {
  const server = createServer();
  const closed = withResolvers<void>();
  server.on("close", () => closed.resolve());
  try {
    yield* listen(server, { host, port });
    port = (server.address() as AddressInfo).port;
  } finally {
    server.close();
  }
  yield* closed.operation;
  return port;
}

/** There is no IPv6 here: nobody can listen there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(String(error.code));
}
