import { randomInt } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Operation, withResolvers } from "effection";
import { isBusy, listen, type PortChoice } from "../listen.ts";
import { LOOPBACK } from "../outside-server.ts";

/** How often a port is looked for that is free on IPv4 and IPv6. */
const MAX_ASKED = 20;
/**
 * So often it is drawn from these, and then the system is asked. Systems give higher ones to connections of their own (Linux
 * from 32768 on, ip(7); RFC 6335 section 6: from 49152 on), and one of those could have it before the child has.
 */
const DRAWS = 10;
const DRAWN_FROM = 20_000;
const DRAWN_BELOW = 32_768;

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
    const drawn = wanted === 0 && asked <= DRAWS ? randomInt(DRAWN_FROM, DRAWN_BELOW) : wanted;
    const port = yield* tryPort(drawn, drawn !== wanted);
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

/** @param isDrawn whether another one will do as well where the system keeps this one to itself. */
function* tryPort(wanted: number, isDrawn = false): Operation<number | undefined> {
  let port = wanted;
  for (const host of LOOPBACK) {
    try {
      port = yield* bindOnce(host, port);
    } catch (error) {
      if (isBusy(error) || (isDrawn && isReserved(error))) return undefined;
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

function isReserved(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EACCES";
}

/** There is no IPv6 here: nobody can listen there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(String(error.code));
}
