import type { Server } from "node:http";
import { ensure, type Operation, resource, spawn, withResolvers } from "effection";
import type { Express } from "express";
import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import { checkKnownOptions, durationOption, functionOption, integerOption, textOption } from "../base/options.ts";
import { type App, type AppContext, type AppFactory, type ExpressApp, makeApp, toAppFactory } from "./app.ts";
import { AppServer } from "./app-server.ts";
import { type DrainLimits, type DrainResult, drain, listenOnFirstFree, type PortChoice } from "./listen.ts";

/**
 * Options of {@link useExpressServer} and {@link useExpressServerDaemon}.
 *
 * **Lifetime.** Read once, at the call; a change of the object later has no effect.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. `undefined` is the default.
 */
export interface ExpressServerConfig {
  /** Makes the app, or is the Express app itself. */
  app: AppFactory | ExpressApp;
  /** The name the app factory is given. @default "localhost" */
  hostname?: string | undefined;
  /** The port to listen on; 0 is any free one. @default 0 */
  port?: number | undefined;
  /** The address to bind. @default "127.0.0.1" */
  host?: string | undefined;
  /** How long what is in flight may take to finish at the end; the rest is cut. @default 10000 */
  graceMs?: number | undefined;
  /** Hears of errors that the app's listeners threw outside Express's own handling. @default they are dropped */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * A server that listens.
 *
 * **Lifetime.** That of the {@link useExpressServer} or {@link useExpressServerDaemon} that made it.
 *
 * **Failure.** None of its own; see there.
 */
export interface ExpressServer {
  /** What the app factory made; another request listener, if it made no Express app. */
  app: Express;
  /** The `http.Server` it runs on. */
  server: Server;
  /** The port it listens on. */
  port: number;
  /** Its address, such as `http://127.0.0.1:43121`. */
  url: string;
}

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
  drained(result: DrainResult): void;
}

/** A server that was opened. */
export interface OpenedServer {
  app: App;
  server: AppServer;
  port: number;
}

/**
 * One app, listening on its own port.
 *
 * **Lifetime.** Ready when it listens. Released when the caller ends: it stops accepting, requests in flight
 * get `graceMs` to finish, the rest is cut, `signal` is aborted, then what the app factory acquired is released.
 *
 * **Failure.** Throws `INVALID_OPTION` at the call, what the app factory throws, `LISTEN_FAILED` when the port is taken,
 * and what Node reports when it cannot be bound for another reason. An app that fails on a request answers 500; the
 * server stays. Throws nothing when the server is closed by somebody else: that is what {@link useExpressServerDaemon} is
 * for.
 *
 * ```ts
 * const { url } = yield* useExpressServer({ app: () => express().get("/", (_, res) => void res.send("hi")) });
 * ```
 */
export function useExpressServer(config: ExpressServerConfig): Operation<ExpressServer> {
  const settings = resolveExpressServer(config);
  return resource(function* (provide) {
    yield* provide(toExpressServer(yield* openServer(settings), settings.host));
  });
}

/**
 * {@link useExpressServer}, for a server that its owner cannot do without.
 *
 * **Lifetime.** That of {@link useExpressServer}.
 *
 * **Failure.** When the server closes although nobody released it, the owner fails with `SERVER_CLOSED`. Else as
 * {@link useExpressServer}.
 */
export function useExpressServerDaemon(config: ExpressServerConfig): Operation<ExpressServer> {
  const settings = resolveExpressServer(config);
  return resource(function* (provide) {
    const lost = withResolvers<void>();
    let releasing = false;
    const opened = yield* openServer({ ...settings, stopping: () => (releasing = true) });
    opened.server.on("close", () => releasing || lost.reject(closedUnexpectedly(settings.hostname)));
    yield* spawn(() => lost.operation);
    yield* provide(toExpressServer(opened, settings.host));
  });
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
  yield* ensure(function* () {
    settings.stopping();
    settings.drained(yield* drain(server, server.inFlight, limits()));
    stop.abort();
  });
  const port = yield* listenOnFirstFree(server, host, settings.ports);
  return { app, server, port };
}

/** The error of a server that closed although nobody asked it to. */
export function closedUnexpectedly(hostname: string): SwitchboardError {
  return new SwitchboardError("SERVER_CLOSED", `the server of "${hostname}" closed although nobody stopped it`, {
    hostname,
  });
}

function resolveExpressServer(config: ExpressServerConfig): OpenServerSettings {
  checkKnownOptions("useExpressServer", config, ["app", "hostname", "port", "host", "graceMs", "onError"]);
  const port = integerOption("port", config.port ?? 0, 0, 65_535);
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  return {
    app: toAppFactory("app", config.app),
    hostname: textOption("hostname", config.hostname ?? "localhost"),
    host: textOption("host", config.host ?? "127.0.0.1"),
    ports: onlyPort(port),
    limits: () => ({ graceMs, lingerMs: 0 }),
    failed: functionOption("onError", config.onError) ?? noop,
    stopping: noop,
    drained: noop,
  };
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

function onlyPort(port: number): PortChoice {
  return {
    take: () => port,
    busy: () => {
      throw new SwitchboardError("LISTEN_FAILED", `port ${port} is taken; choose another one, or 0 for any free one`);
    },
  };
}

function toExpressServer({ app, server, port }: OpenedServer, host: string): ExpressServer {
  const name = host.includes(":") ? `[${host}]` : host;
  return { app: app as Express, server, port, url: `http://${name}:${port}` };
}
