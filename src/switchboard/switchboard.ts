import type { Server } from "node:http";
import { ensure, type Operation, resource, spawn } from "effection";
import type { Express } from "express";
import { checkHostname } from "../base/hostname.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { bind } from "./bind.ts";
import { Board } from "./board.ts";
import { checkFault, type Fault, FaultContext, failsCheck } from "./fault.ts";
import type { MakeOwnApp } from "./front-door.ts";
import { resolveSwitchboard, type SwitchboardConfig, type SwitchboardSettings } from "./settings.ts";

/**
 * A running switchboard.
 *
 * **Lifetime.** That of the {@link useSwitchboard} that made it.
 *
 * **Failure.** None of its own; see there.
 */
export interface SwitchboardHandle {
  /** Its own app: what answers on `switchboard.localhost` and below `/__switchboard/`. */
  app: Express;
  /** The listening server. */
  server: Server;
  /** The port it listens on. */
  port: number;
  /** Where it is reached by an address, such as `http://127.0.0.1:8000`. */
  url: string;
  /** Makes something go wrong with some requests, until it is removed: `const remove = fault({ ... })`. */
  fault(fault: Fault): () => void;
  /**
   * The circuit breaker of a hostname: `circuit("shop")?.reset()` closes it at once. `undefined` where none is set for
   * that name. Throws `INVALID_HOSTNAME`.
   */
  circuit(hostname: string): CircuitBreaker | undefined;
}

/**
 * The front door: a listening socket that gives each request to the server of its hostname, and has `pool` start
 * that server first when there is none.
 *
 * **Lifetime.** Ready when it listens. When the caller ends it stops accepting; what is in flight has `graceMs`
 * to finish, while every new request on an open connection gets 503 and `Connection: close`; the rest is cut.
 * The pool is not touched: it must outlive the switchboard, so acquire it first.
 *
 * **Failure.** Throws `INVALID_OPTION`, and `LISTEN_FAILED` when the port cannot be bound. No request, socket or app
 * makes it fail.
 *
 * ```ts
 * const pool = yield* useServerPool();
 * const { url } = yield* useSwitchboard({ port: 8000 }, pool);
 * ```
 */
export function useSwitchboard(config: SwitchboardConfig, pool: ServerPool): Operation<SwitchboardHandle> {
  return openSwitchboard(resolveSwitchboard(config), pool);
}

/** {@link useSwitchboard}, with settings that are checked already. */
export function* openSwitchboard(
  settings: SwitchboardSettings,
  pool: ServerPool,
  makeOwn: MakeOwnApp = () => undefined,
): Operation<SwitchboardHandle> {
  const handle = yield* useBoard(settings, pool, makeOwn);
  yield* FaultContext.set(handle.fault); // here, not in the resource: a resource sets it for itself alone
  return handle;
}

function useBoard(settings: SwitchboardSettings, pool: ServerPool, makeOwn: MakeOwnApp): Operation<SwitchboardHandle> {
  return resource(function* (provide) {
    const board = new Board(settings, pool, makeOwn);
    const { app, server, connections, faults } = board;
    const port = yield* bind(server, settings);
    yield* ensure(pool.failHealth((hostname) => failsCheck(faults, hostname)));
    yield* ensure(() => board.close());
    yield* spawn(() => connections.endSilent(settings.bodyTimeoutMs));
    if (board.endSlow !== undefined) yield* spawn(board.endSlow);
    const url = `http://${toUrlHost(settings.host)}:${port}`;
    settings.onEvent({ type: "listening", url, port });
    const fault = (fault: Fault) => faults.set(checkFault(fault));
    const circuit = (hostname: string) => board.guards?.of(checkHostname(hostname)).breaker;
    yield* provide({ app, server, port, url, fault, circuit });
  });
}

function toUrlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
