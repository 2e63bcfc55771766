import { ensure, type Operation } from "effection";
import { SwitchboardError } from "../base/errors.ts";
import { type App, type AppContext, type AppFactory, makeApp } from "./app.ts";
import { AppServer } from "./app-server.ts";
import type { ForwardErrorEvent } from "./forward/forward-failure.ts";
import { type DrainLimits, type DrainResult, drain, listenOnFirstFree, type PortChoice } from "./listen.ts";
import type { LogRing } from "./log-ring.ts";
import { OutsideApp } from "./outside-app.ts";
import type { ReplicaGroup } from "./replicas/replica-group.ts";
import type { ReplicaOwner } from "./replicas/replica-owner.ts";

/**
 * Where a server runs: on this event loop, in a worker thread, in a child process, or somebody else runs it.
 *
 * **Lifetime.** It does not change while a server runs.
 *
 * **Failure.** None: plain data.
 */
export type ServerKind = "inline" | OutsideApp["kind"];

/** What {@link openServer} needs. */
export interface OpenServerSettings {
  app: AppFactory;
  hostname: string;
  host: string;
  ports: PortChoice;
  limits(): DrainLimits;
  /** The last number that a line of output of this hostname had, if there was one. @default 0 */
  linesBefore?(): number;
  /** The app is made, and is of this kind; `log` gets what it prints, if it runs elsewhere. */
  made?(kind: ServerKind, log: LogRing | undefined): void;
  /** Hears what the app's listeners threw outside its own error handling. */
  failed(error: Error): void;
  /** Opens one whose app runs elsewhere: a thread that has none must not load for its start what forwards. */
  openOutside: OpenOutside;
  /** Whose replicas they are, if the app runs elsewhere. Without it there is one. */
  replicas?: () => ReplicaOwner;
  /** Hears of requests that could not be forwarded to their end. */
  forwardFailed?(event: ForwardErrorEvent): void;
  /** Called first when the server begins to stop, whoever asked for it. */
  stopping(): void;
  /** The server has ended although nobody asked for it. */
  crashed(error: Error): void;
  drained(result: DrainResult): void;
}

/** A server that was opened: whatever its kind, requests are given to `server`. */
export interface OpenedServer {
  kind: ServerKind;
  /** What answers requests: the app, or what forwards them to it. */
  app: App;
  server: AppServer;
  /** Where it listens. */
  host: string;
  port: number;
  /** The servers that answer, if the app runs elsewhere: `host` and `port` are those of the first, as it began. */
  replicas: ReplicaGroup | undefined;
}

/** Opens a server whose app runs elsewhere; `stopped` is to be called when it has stopped. */
type OpenOutside = (
  app: OutsideApp,
  server: AppServer,
  settings: OpenServerSettings,
  stopped: () => void,
) => Operation<OpenedServer>;

/**
 * Opens a server that belongs to the calling operation: no task of its own, because a task for every hostname
 * would cost 10 kB each.
 *
 * The drain is registered after the app is made: teardown runs last-in first-out, and requests that are still
 * in flight need what the app acquired.
 */
export function* openServer(settings: OpenServerSettings): Operation<OpenedServer> {
  const { hostname } = settings;
  const server = new AppServer(settings.failed);
  const stop = createLazyAbort();
  const context: AppContext = {
    hostname,
    server,
    get signal() {
      return stop.signal();
    },
  };
  let app: App | OutsideApp | undefined;
  try {
    app = yield* makeApp(settings.app, context);
  } finally {
    if (app === undefined) stop.abort();
  }
  if (!(app instanceof OutsideApp)) return yield* listenHere(app, server, settings, stop.abort);
  return yield* settings.openOutside(app, server, settings, stop.abort);
}

function* listenHere(
  app: App,
  server: AppServer,
  settings: OpenServerSettings,
  stopped: () => void,
): Operation<OpenedServer> {
  const { hostname, host, ports, limits } = settings;
  settings.made?.("inline", undefined);
  server.use(app);
  let stopping = false;
  server.on("close", () => stopping || settings.crashed(closedUnexpectedly(hostname)));
  yield* ensure(function* () {
    stopping = true;
    settings.stopping();
    settings.drained(yield* drain(server, server.inFlight, limits()));
    stopped();
  });
  const port = yield* listenOnFirstFree(server, host, ports);
  return { kind: "inline", app, server, host, port, replicas: undefined };
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
