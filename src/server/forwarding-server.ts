import { ensure, type Operation } from "effection";
import { finishesWithin, noop } from "../base/operations.ts";
import type { AppServer } from "./app-server.ts";
import { GracePeriod } from "./grace-period.ts";
import type { DrainResult } from "./listen.ts";
import { LogRing } from "./log-ring.ts";
import type { OutsideApp } from "./outside-app.ts";
import { useReplicas } from "./replicas/replica-group.ts";
import { ownerOfOne } from "./replicas/replica-owner.ts";
import type { OpenedServer, OpenServerSettings } from "./server.ts";

/** A server that does not listen: what is handed to it is forwarded to where the app runs. */
export function* openForwarding(
  app: OutsideApp,
  server: AppServer,
  settings: OpenServerSettings,
  stopped: () => void,
): Operation<OpenedServer> {
  const {
    hostname,
    ports,
    limits,
    replicas: toOwner = () => ownerOfOne(ports),
    crashed,
    failed,
    forwardFailed = noop,
  } = settings;
  const log = new LogRing(settings.linesBefore?.());
  settings.made?.(app.kind, log);
  yield* ensure(stopped);
  const period = new GracePeriod(() => limits().graceMs);
  const graceMs = () => period.leftMs();
  const { drained } = settings;
  const { inFlight } = server;
  const owner = toOwner();
  const events = { drained, crashed, failed, forwardFailed };
  const replicas = yield* useReplicas({ app, hostname, owner, log, inFlight, graceMs, ...events });
  server.use(replicas.request);
  server.on("checkContinue", replicas.request).on("checkExpectation", replicas.request);
  server.on("upgrade", replicas.upgrade);
  yield* ensure(function* () {
    settings.stopping();
    period.begin();
    settings.drained(yield* drainHanded(server, graceMs()));
  });
  const { host, port } = replicas.address;
  return { kind: app.kind, app: replicas.request, server, host, port, replicas };
}

/** Lets what was handed to `server` finish, for at most `graceMs`, then cuts the rest. */
function* drainHanded({ inFlight }: AppServer, graceMs: number): Operation<DrainResult> {
  const before = inFlight.requests + inFlight.sockets;
  if (!inFlight.isIdle) yield* finishesWithin(graceMs, () => inFlight.whenIdle());
  const { requests, sockets } = inFlight.cut();
  return { finished: Math.max(0, before - requests - sockets), requestsCut: requests, socketsCut: sockets };
}
