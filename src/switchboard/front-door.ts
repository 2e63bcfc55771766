import type { Express } from "express";
import { checkHostname } from "../base/hostname.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import type { FaultListing, Faults } from "../resilience/faults.ts";
import { checkFault, type Fault } from "./fault.ts";
import type { Guards } from "./guards.ts";
import type { RateLimit, RateLimitConfig } from "./rate-limit.ts";

/** What a switchboard shows of itself to whatever answers in its name. */
export interface FrontDoor {
  pool: ServerPool;
  /** Where requests for a hostname go. */
  url(hostname: string): string;
  draining(): boolean;
  faults: { list(): FaultListing<Fault>[]; add(fault: unknown): number; remove(id: number): boolean };
  /** The circuit breaker of a hostname, made if there is to be one; `undefined` where none is set. */
  circuit(hostname: string): CircuitBreaker | undefined;
  /** The circuit breakers that have been asked. */
  circuits(): [hostname: string, breaker: CircuitBreaker][];
  limits(): FrontLimits;
}

/** The limits that a switchboard keeps. */
interface FrontLimits {
  /** Of each hostname that has one and has been asked for. */
  concurrency: { hostname: string; max: number; active: number; queue: number; waiting: number }[];
  /** `keys` and `blocked` are `null` where a store elsewhere counts. */
  rateLimits: { limit: number; windowMs: number; by: string; keys: number | null; blocked: number | null }[];
}

/** What answers on `switchboard.localhost` and below `/__switchboard/`. */
export interface OwnApp {
  app: Express;
  /** The drain begins: answers that have no end of their own end now. */
  close(): void;
}

/** Makes what answers in the name of a switchboard; without it, that is how it is, and which servers exist. */
export type MakeOwnApp = (door: FrontDoor) => OwnApp | undefined;

/** Makes a {@link FrontDoor}. */
export function createFrontDoor(
  { pool, url, draining }: Pick<FrontDoor, "pool" | "url" | "draining">,
  faults: Faults<Fault>,
  guards: Guards | undefined,
): FrontDoor {
  return {
    pool,
    url,
    draining,
    faults: {
      list: () => faults.list(),
      add: (fault) => faults.add(checkFault(fault as Fault)),
      remove: (id) => faults.remove(id),
    },
    circuit: (hostname) => guards?.of(checkHostname(hostname)).breaker,
    circuits: () =>
      [...(guards?.all() ?? [])].flatMap(({ hostname, breaker }): [string, CircuitBreaker][] =>
        breaker === undefined ? [] : [[hostname, breaker]],
      ),
    limits: () => ({
      concurrency: [...(guards?.all() ?? [])].flatMap(({ hostname, turns }) => (turns ? [{ hostname, ...turns }] : [])),
      rateLimits: [...new Set(guards?.settings.all.map(({ rateLimit }) => rateLimit))]
        .filter((limit): limit is RateLimitConfig => limit !== false)
        .map((config) => toLimitRow(config, guards?.limitOf(config))),
    }),
  };
}

function toLimitRow(config: RateLimitConfig, made: RateLimit | undefined): FrontLimits["rateLimits"][number] {
  const { limit, windowMs, by = "client", store } = config;
  const unknown = store === undefined ? 0 : null;
  const { keys, blocked } = made?.inspect() ?? { keys: unknown, blocked: unknown };
  return { limit, windowMs, by: typeof by === "function" ? "custom" : by, keys, blocked };
}
