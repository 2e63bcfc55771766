import type { Server as HttpServer } from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import { type Operation, race, sleep, withResolvers } from "effection";
import type { InFlight } from "./in-flight.ts";

/** Where to listen. Port 0 is any free one. */
export interface ListenAddress {
  port: number;
  host: string;
  /** How many connections the system keeps until they are accepted; those beyond it try again after a second. */
  backlog?: number;
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

/** Servers that were asked to listen and do not yet: resolves when one never will, or has closed again. */
const binding = new WeakMap<HttpServer, Operation<void>>();

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
  const settled = withResolvers<void>();
  let wanted = true;
  const onListening = () => {
    forget();
    if (wanted) bound.resolve();
    else server.close(() => settled.resolve());
  };
  const onError = (error: Error) => {
    forget();
    settled.resolve();
    bound.reject(error);
  };
  const forget = () => server.off("listening", onListening).off("error", onError);
  binding.set(server, settled.operation);
  // Before the app's own listeners: one that throws would keep these from being called.
  server
    .prependListener("listening", onListening)
    .prependListener("error", onError)
    .listen({ ...address });
  try {
    yield* bound.operation;
    binding.delete(server);
    return (server.address() as AddressInfo).port;
  } finally {
    wanted = false;
  }
}

/** Nothing is in flight, nor can anything come: it has closed. What was handed to it has no connection of its own. */
function* gone(inFlight: InFlight, closed: Operation<void>): Operation<void> {
  yield* closed;
  yield* inFlight.whenIdle();
}

/**
 * Closes a server that listens: stops accepting, lets what is in flight finish, for at most `graceMs`, then
 * cuts the rest. Returns when the port is free and every socket is gone.
 */
export function* drain(server: HttpServer, inFlight: InFlight, limits: DrainLimits): Operation<DrainResult> {
  const before = inFlight.requests + inFlight.sockets;
  const closed = withResolvers<void>();
  const pending = binding.get(server);
  if (pending !== undefined) yield* pending;
  server.prependListener("close", closed.resolve);
  if (!server.listening) closed.resolve();
  // http's own close cuts idle connections at once; a request may be on its way on one of them.
  else if (limits.lingerMs > 0) NetServer.prototype.close.call(server);
  else server.close();
  if (limits.graceMs > 0 && (!inFlight.isIdle || limits.lingerMs > 0)) {
    yield* race([settled(inFlight, limits.lingerMs), gone(inFlight, closed.operation), sleep(limits.graceMs)]);
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

/** Whether a bind failed because somebody else has the port. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
