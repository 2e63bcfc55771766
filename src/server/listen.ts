import type { Server as HttpServer } from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import { type Operation, race, sleep, withResolvers } from "effection";
import type { InFlight } from "./in-flight.ts";

/** Where to listen. Port 0 is any free one. */
export interface ListenAddress {
  port: number;
  host: string;
}

/** What a drain came to. */
export interface DrainResult {
  /** Requests and sockets that were in flight when the drain began, and finished. */
  finished: number;
  requestsCut: number;
  socketsCut: number;
}

/** How long a drain may take. */
export interface DrainLimits {
  graceMs: number;
  /** How long connections between two requests stay open, so that a request on its way is answered, not reset. */
  lingerMs: number;
}

/** Which ports to try, in order. */
export interface PortChoice {
  /** The next port to try; throws when there is none left. */
  take(): number;
  /** Somebody else has this port. */
  busy(port: number): void;
}

/** Binds `server` to the first port of `ports` that is free. Ports are bound, never probed: a probe can lose its race. */
export function* listenOnFirstFree(server: HttpServer, host: string, ports: PortChoice): Operation<number> {
  for (;;) {
    const port = ports.take();
    try {
      return yield* listen(server, { port, host });
    } catch (error) {
      if (!isBusy(error)) throw error;
      ports.busy(port);
    }
  }
}

/**
 * Binds `server` and returns the port. Throws what Node reports (`EADDRINUSE`, `EACCES`, ...).
 *
 * **Lifetime.** When the caller is halted before the bind is through, the server closes as soon as it is:
 * closing a server that is only about to listen does nothing in Node.
 */
export function* listen(server: HttpServer, address: ListenAddress): Operation<number> {
  const bound = withResolvers<void>();
  let wanted = true;
  const onListening = () => (wanted ? bound.resolve() : void server.close());
  const onError = (error: Error) => bound.reject(error);
  const forget = () => server.off("listening", onListening).off("error", onError);
  server
    .on("listening", onListening)
    .on("error", onError)
    .listen({ ...address });
  try {
    yield* bound.operation;
    forget();
    return (server.address() as AddressInfo).port;
  } catch (error) {
    forget();
    throw error;
  } finally {
    wanted = false;
  }
}

/**
 * Closes a server that listens: stops accepting, lets what is in flight finish, for at most `graceMs`, then
 * cuts the rest. Returns when the port is free and every socket is gone.
 */
export function* drain(server: HttpServer, inFlight: InFlight, limits: DrainLimits): Operation<DrainResult> {
  const before = inFlight.requests + inFlight.sockets;
  const closed = withResolvers<void>();
  const onClosed = () => closed.resolve();
  if (!server.listening) onClosed();
  // http's own close cuts idle connections at once; a request may be on its way on one of them.
  else if (limits.lingerMs > 0) NetServer.prototype.close.call(server, onClosed);
  else server.close(onClosed);
  if (limits.graceMs > 0 && (!inFlight.isIdle || limits.lingerMs > 0)) {
    yield* race([settled(inFlight, limits.lingerMs), closed.operation, sleep(limits.graceMs)]);
  }
  const cut = inFlight.cut();
  server.closeAllConnections();
  yield* closed.operation;
  if (limits.lingerMs > 0) server.close(); // the part of http's close that is left: it stops a timer
  return {
    finished: Math.max(0, before - cut.requests - cut.sockets),
    requestsCut: cut.requests,
    socketsCut: cut.sockets,
  };
}

/** Returns when nothing has been in flight for `lingerMs`. */
function* settled(inFlight: InFlight, lingerMs: number): Operation<void> {
  do {
    yield* inFlight.whenIdle();
    if (lingerMs > 0) yield* sleep(lingerMs);
  } while (!inFlight.isIdle);
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
