import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { action, ensure, type Operation, resource } from "effection";
import { tell } from "../../base/events.ts";
import { createClientOf, createRequestClientOf } from "../client.ts";
import { type ForwarderConfig, resolveForwarder } from "./forward-config.ts";
import { forwardRequest } from "./forward-request.ts";
import { createPlainDoor, forwardUpgrade, isPlain } from "./forward-upgrade.ts";
import type { Forwarding } from "./forwarding.ts";
import { Upstream } from "./upstream.ts";

/**
 * Delivers requests and upgrades to a server that is reached over a connection.
 *
 * **Lifetime.** That of the {@link useForwarder} that made it. After that `request` and `upgrade` answer 503.
 *
 * **Failure.** None of its own. What fails at the server is answered and reported; see {@link useForwarder}.
 */
export interface Forwarder {
  /** For `request`, `checkContinue` and `checkExpectation` of a server alike. It expects the request as Node parsed it, with nothing read. */
  request(request: IncomingMessage, response: ServerResponse): void;
  /** For `upgrade`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Its server has ended by itself: nothing waits for it any more. Answers that are on their way go on. */
  gone(): void;
  /** What it has to do with connections, now. */
  inspect(): ForwarderInspection;
  /** @internal */
  readonly forwarding: Forwarding;
}

/**
 * A snapshot of a {@link Forwarder}.
 *
 * **Lifetime.** As it was at the call.
 *
 * **Failure.** None: plain data.
 */
interface ForwarderInspection {
  /** Requests and upgrades on their way. */
  active: number;
  /** Connections to the server: all, those that are kept for the next request, and those being dialled beside them. */
  connections: { open: number; idle: number; connecting: number };
}

/**
 * A {@link Forwarder} for one server. Connections are made when they are needed, and kept for the next request.
 *
 * A request is passed on as it came: target, fields, order, case, duplicates, body and trailers. What is about the
 * client's connection is left out (RFC 9110 section 7.6.1), `X-Forwarded-*`, `Forwarded`, `Via` and `X-Request-Id`
 * are set. The answer comes back likewise, its head before its body exists, and interim answers before it. Where the
 * client or the server is slow, the other waits: no body is held in memory.
 *
 * **Lifetime.** Ready at once. When the caller ends, all connections are closed, and what is on its way is cut.
 *
 * **Failure.** Throws `INVALID_OPTION`. A server that cannot be reached, does not answer, or answers with what is no
 * HTTP is answered with 502 or 504, or by cutting the client's connection once an answer has begun; `failed` is told.
 * Before that, a request or upgrade for which no connection can be made goes where `elsewhere` says; else it is dialled
 * for once more after half a second, unless that was in vain for the request before. A request is sent again, once and on
 * a new connection, when its connection closes before a byte of the answer has come and that is safe: without a body, and
 * idempotent.
 */
export function useForwarder(config: ForwarderConfig): Operation<Forwarder> {
  const {
    endpoint,
    hostname,
    connectTimeoutMs,
    responseTimeoutMs,
    idleTimeoutMs,
    trustedProxies,
    via,
    failed,
    elsewhere,
    reached,
  } = resolveForwarder(config);
  const clientOf = createRequestClientOf(createClientOf(trustedProxies));
  return resource(function* (provide) {
    const forwarding: Forwarding = {
      hostname,
      pseudonym: `${hostname}.${via}`.toLowerCase(),
      clientOf,
      upstream: new Upstream(endpoint, connectTimeoutMs, reached),
      responseTimeoutMs,
      idleTimeoutMs,
      active: 0,
      closed: false,
      failed: (phase, error) => tell(failed, { type: "forward-error", hostname, phase, error, message: error.message }),
      elsewhere,
    };
    yield* ensure(() => close(forwarding));
    yield* provide(createForwarder(forwarding));
  });
}

function createForwarder(forwarding: Forwarding): Forwarder {
  const { upstream } = forwarding;
  let plain: Forwarder["upgrade"] | undefined;
  return {
    request: (request, response) => forwardRequest(forwarding, request, response),
    upgrade(request, socket, head) {
      if (isPlain(request)) {
        plain ??= createPlainDoor(forwarding);
        plain(request, socket, head);
      } else {
        forwardUpgrade(forwarding, request, socket, head);
      }
    },
    gone: () => upstream.gone(),
    forwarding,
    inspect: () => ({
      active: forwarding.active,
      connections: { open: upstream.open, idle: upstream.idle, connecting: upstream.connecting },
    }),
  };
}

/** Returns when every connection is gone. Sockets that are destroyed close at once: nothing here takes longer. */
function* close(forwarding: Forwarding): Operation<void> {
  forwarding.closed = true;
  yield* action<void>((resolve) => {
    forwarding.upstream.close(() => setImmediate(resolve));
    return () => {};
  }, "connections closed");
}
