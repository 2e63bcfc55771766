import type { History } from "../observe/history/history.ts";
import type { Observation } from "../observe/observation.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";

/** A fault that is set. */
export interface FaultListing {
  id: number;
  /** As it was set. */
  fault: { hostname: string; kind: string };
  remainingMs: number | undefined;
  left: number | undefined;
}

/** The faults of a switchboard. */
interface ControlFaults {
  list(): FaultListing[];
  /** Sets one, and returns its id. Throws `INVALID_OPTION`. */
  add(fault: unknown): number;
  /** Whether there was one. */
  remove(id: number): boolean;
}

/** The limits that a switchboard keeps. */
interface FrontLimits {
  concurrency: { hostname: string; max: number; active: number; queue: number; waiting: number }[];
  rateLimits: { limit: number; windowMs: number; by: string; keys: number | null; blocked: number | null }[];
}

/** Which apps there are, as of now; and a way to add some while everything runs. */
export interface ControlServices {
  /** Every hostname that an app stands under exactly. */
  names(): string[];
  /** Where the app comes from that stands under exactly this name. */
  originOf(hostname: string): "configured" | "added" | undefined;
  /** Whether there may be an app for it: one that is for all names decides when it is asked. */
  serves(hostname: string): boolean;
  /** From now on this is the app of `hostname`: at its next start. Throws `INVALID_OPTION`. */
  set(hostname: string, app: AddedApp): void;
  /** What was added for `hostname` counts no more. */
  remove(hostname: string): void;
  /** How requests for `hostname` are shared among its replicas. */
  strategyOf(hostname: string): string;
}

/** An app that is added while everything runs: as in `apps` of the options. */
export interface AddedApp {
  url?: string | undefined;
  module?: string | undefined;
  command?: string | string[] | undefined;
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  kind?: "thread" | "inline" | undefined;
  replicas?: number | undefined;
  healthPath?: string | undefined;
}

/** What the control app shows and steers. */
export interface ControlSource {
  pool: ServerPool;
  observation: Observation & { readonly history: History };
  services: ControlServices;
  faults: ControlFaults;
  maxServers: number;
  maxStarts: number;
  /** Where requests for a hostname go, such as `http://shop.localhost:8000`. */
  url(hostname: string): string;
  draining(): boolean;
  /** The circuit breaker of a hostname, made if there is to be one; `undefined` where none is set. */
  circuit(hostname: string): CircuitBreaker | undefined;
  /** The circuit breakers that have been asked. */
  circuits(): [hostname: string, breaker: CircuitBreaker][];
  limits(): FrontLimits;
  /** Something failed that no client is to be told of. */
  failed(error: Error): void;
}
