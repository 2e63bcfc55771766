import { ensure, type Operation, race, suspend } from "effection";
import { finishesWithin } from "../../base/operations.ts";
import { type Forwarder, useForwarder } from "../forward/forward.ts";
import type { ForwardErrorEvent } from "../forward/forward-failure.ts";
import { type Endpoint, resolveTarget } from "../forward/forward-target.ts";
import type { Elsewhere } from "../forward/forwarding.ts";
import { GracePeriod } from "../grace-period.ts";
import type { InFlight } from "../in-flight.ts";
import type { DrainResult, PortChoice } from "../listen.ts";
import type { LogRing } from "../log-ring.ts";
import type { OutsideApp } from "../outside-app.ts";
import { type Check, checkHealth, untilHealthy } from "./health-check.ts";
import type { HealthSettings } from "./replica-config.ts";

/** What one run of a replica needs. */
export interface RunSettings {
  app: OutsideApp;
  hostname: string;
  ports: PortChoice;
  log: LogRing;
  health: HealthSettings | false;
  /** What was given to it. Asked when it is to drain. */
  inFlight(): InFlight;
  graceMs(): number;
  /** Whether its health checks fail whatever it answers. */
  failsHealth(): boolean;
  /** It does not listen yet, or its health check fails. */
  notYet(why: string): void;
  forwardFailed(event: ForwardErrorEvent): void;
  elsewhere: Elsewhere;
  /** A connection was made, after one that could not be. */
  reached(): void;
  drained(result: DrainResult): void;
}

/** A server that can answer. */
export interface Run {
  forwarder: Forwarder;
  endpoint: Endpoint;
  check: Check;
  /** Throws when it has ended by itself; returns never. */
  ended: Operation<never>;
}

/**
 * Opens a server, and returns when it can answer: its first check has succeeded.
 *
 * **Lifetime.** It belongs to the calling operation. In the end what was given to it has its grace period; then its
 * connections are closed, and the server is stopped within what is left of it.
 *
 * **Failure.** Throws why the server cannot be started, or has ended before its first success.
 */
export function* openRun(settings: RunSettings): Operation<Run> {
  const { app, hostname, ports, log, health, forwardFailed, elsewhere, reached, notYet } = settings;
  const period = new GracePeriod(settings.graceMs);
  const graceMs = () => period.leftMs();
  const { target, ended = forever() } = yield* app.open({ hostname, ports, graceMs, log, notYet });
  const forwarder = yield* useForwarder({ target, hostname, failed: forwardFailed, elsewhere, reached });
  yield* ensure(() => drain(settings, period));
  const endpoint = resolveTarget(target);
  const check = toCheck(endpoint, settings);
  const unhealthy = (why: string) => notYet(`${why}; it has to answer with 2xx or 3xx there (health.path)`);
  if (health !== false) yield* race([untilHealthy(check, health.intervalMs, unhealthy), ended]);
  return { forwarder, endpoint, check, ended };
}

function toCheck(endpoint: Endpoint, { hostname, health, failsHealth }: RunSettings): Check {
  return function* check() {
    if (health === false) return undefined;
    return failsHealth() ? "a fault was set for its health check" : yield* checkHealth(endpoint, hostname, health);
  };
}

/** Lets what was given to it finish, for at most the grace period, then cuts the rest. The server gets what is left of it. */
function* drain({ inFlight: given, drained }: RunSettings, period: GracePeriod): Operation<void> {
  period.begin();
  const inFlight = given();
  if (inFlight.isIdle) return;
  const before = inFlight.requests + inFlight.sockets;
  yield* finishesWithin(period.leftMs(), () => inFlight.whenIdle());
  const { requests, sockets } = inFlight.cut();
  drained({ finished: before - requests - sockets, requestsCut: requests, socketsCut: sockets });
}

function* forever(): Operation<never> {
  for (;;) yield* suspend();
}
