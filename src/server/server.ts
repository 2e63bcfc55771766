import { ensure, type Operation } from "effection";
import { SwitchboardError } from "../base/errors.ts";
import { type App, type AppContext, type AppFactory, makeApp } from "./app.ts";
import { AppServer } from "./app-server.ts";
import { type DrainLimits, type DrainResult, drain, listenOnFirstFree, type PortChoice } from "./listen.ts";

/** What {@link openServer} needs. */
export interface OpenServerSettings {
  app: AppFactory;
  hostname: string;
  host: string;
  ports: PortChoice;
  limits(): DrainLimits;
  /** Hears what the app's listeners threw outside its own error handling. */
  failed(error: Error): void;
  /** Called first when the server begins to stop, whoever asked for it. */
  stopping(): void;
  /** The server has ended although nobody asked for it. */
  crashed(error: Error): void;
  drained(result: DrainResult): void;
}

/** A server that was opened. */
export interface OpenedServer {
  app: App;
  server: AppServer;
  port: number;
}

/**
 * Opens a server that belongs to the calling operation: no task of its own, because a task for every hostname
 * would cost 10 kB each.
 *
 * The drain is registered after the app is made: teardown runs last-in first-out, and requests that are still
 * in flight need what the app acquired.
 */
export function* openServer(settings: OpenServerSettings): Operation<OpenedServer> {
  const { hostname, host, limits } = settings;
  const server = new AppServer(settings.failed);
  const stop = createLazyAbort();
  const context: AppContext = {
    hostname,
    server,
    get signal() {
      return stop.signal();
    },
  };
  let app: App | undefined;
  try {
    app = yield* makeApp(settings.app, context);
  } finally {
    if (app === undefined) stop.abort();
  }
  server.use(app);
  let stopping = false;
  server.on("close", () => stopping || settings.crashed(closedUnexpectedly(hostname)));
  yield* ensure(function* () {
    stopping = true;
    settings.stopping();
    settings.drained(yield* drain(server, server.inFlight, limits()));
    stop.abort();
  });
  const port = yield* listenOnFirstFree(server, host, settings.ports);
  return { app, server, port };
}

function closedUnexpectedly(hostname: string): SwitchboardError {
  return new SwitchboardError("SERVER_CLOSED", `the server of "${hostname}" closed although nobody stopped it`, {
    hostname,
  });
}

/** An abort signal that is made for who asks for it: to make and abort one takes 10 us, and most apps never look. */
function createLazyAbort(): { signal(): AbortSignal; abort(): void } {
  let controller: AbortController | undefined;
  let aborted = false;
  return {
    signal() {
      controller ??= new AbortController();
      if (aborted) controller.abort();
      return controller.signal;
    },
    abort() {
      aborted = true;
      controller?.abort();
    },
  };
}
