import type { Server } from "node:http";
import { type Operation, resource, spawn, withResolvers } from "effection";
import type { Express } from "express";
import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import { checkKnownOptions, durationOption, functionOption, integerOption, textOption } from "../base/options.ts";
import { type AppFactory, type ExpressApp, toAppFactory } from "./app.ts";
import { openForwarding } from "./forwarding-server.ts";
import type { PortChoice } from "./listen.ts";
import { type OpenedServer, type OpenServerSettings, openServer } from "./server.ts";

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
    const opened = yield* openServer({ ...settings, crashed: lost.reject });
    yield* spawn(() => lost.operation);
    yield* provide(toExpressServer(opened, settings.host));
  });
}

function resolveExpressServer(config: ExpressServerConfig): OpenServerSettings {
  checkKnownOptions("useExpressServer", config, ["app", "hostname", "port", "host", "graceMs", "onError"]);
  const port = integerOption("port", config.port ?? 0, 0, 65_535);
  const graceMs = durationOption("graceMs", config.graceMs ?? 10_000);
  return {
    app: toAppFactory("app", config.app),
    openOutside: openForwarding,
    hostname: textOption("hostname", config.hostname ?? "localhost"),
    host: textOption("host", config.host ?? "127.0.0.1"),
    ports: onlyPort(port),
    limits: () => ({ graceMs, lingerMs: 0 }),
    failed: functionOption("onError", config.onError) ?? noop,
    stopping: noop,
    crashed: noop,
    drained: noop,
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
