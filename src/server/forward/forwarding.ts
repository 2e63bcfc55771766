import type { IncomingMessage, ServerResponse } from "node:http";
import type { ForwardFailure, ForwardPhase } from "./forward-failure.ts";
import type { Passage } from "./forwarded-fields.ts";
import type { Upstream } from "./upstream.ts";

/** What all requests to one server share. */
export interface Forwarding extends Passage {
  hostname: string;
  upstream: Upstream;
  responseTimeoutMs: number;
  idleTimeoutMs: number;
  /** Requests and upgrades on their way. */
  active: number;
  /** No new ones; those on their way end. */
  closed: boolean;
  failed(phase: ForwardPhase, failure: ForwardFailure): void;
  /** See {@link Elsewhere}. */
  elsewhere: Elsewhere;
}

/**
 * Told that a server cannot be connected to for a request, of which nothing was sent. Returns another server of the same
 * hostname that takes it over, if there is one. `response` is `undefined` for an upgrade.
 */
export type Elsewhere = (request: IncomingMessage, response: ServerResponse | undefined) => Forwarding | undefined;
