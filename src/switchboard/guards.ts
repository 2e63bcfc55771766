import type { IncomingMessage } from "node:http";
import type { ByHostname } from "../base/by-hostname.ts";
import type { CircuitEvent } from "../resilience/circuit-config.ts";
import { createClientOf } from "../server/client.ts";
import type { DeliverySettings } from "./delivery-config.ts";
import { Guard } from "./guard.ts";
import { createRateLimit, type RateLimit, type RateLimitConfig } from "./rate-limit.ts";
import type { SwitchboardEvent, SwitchboardSettings } from "./settings.ts";

/** What guards need of their switchboard. */
export interface GuardsHost {
  /** The address of the client of a request. */
  clientOf(request: IncomingMessage): string;
  /** Who was refused by a rate limit too often is refused altogether for a while. */
  blocked(key: string, ms: number): void;
  /** Something has happened to the circuit breaker of `hostname`. */
  circuit(hostname: string, event: CircuitEvent): void;
}

/** Names come from clients: so many guards are kept, and more only while all of them are needed. */
const MOST = 10_000;
/** How many are looked at to find one that can go. */
const LOOKS = 16;

/** The guard of each hostname that has been asked for, the oldest first. */
export class Guards {
  readonly settings: ByHostname<DeliverySettings>;
  readonly #host: GuardsHost;
  readonly #guards = new Map<string, Guard>();
  /** Names whose options come from the same place share a limit. */
  readonly #limits = new Map<RateLimitConfig, RateLimit>();

  constructor(settings: ByHostname<DeliverySettings>, host: GuardsHost) {
    this.settings = settings;
    this.#host = host;
  }

  of(hostname: string): Guard {
    return this.#guards.get(hostname) ?? this.#add(hostname);
  }

  /** Whether requests for `hostname` need a turn. Asked of names that may not be admitted: it remembers nothing. */
  limitsConcurrency(hostname: string): boolean {
    return this.settings.of(hostname).concurrency !== false;
  }

  /** Those that there are: of each hostname that has been asked for, unless it was forgotten. */
  all(): Iterable<Guard> {
    return this.#guards.values();
  }

  /** The rate limit of these options; `undefined` until a hostname has been asked for that it counts for. */
  limitOf(config: RateLimitConfig): RateLimit | undefined {
    return this.#limits.get(config);
  }

  #add(hostname: string): Guard {
    if (this.#guards.size >= MOST) this.#forgetOne();
    const settings = this.settings.of(hostname);
    const limit = settings.rateLimit === false ? undefined : this.#madeLimitOf(settings.rateLimit);
    const guard = new Guard(hostname, settings, limit, (event) => this.#host.circuit(hostname, event));
    this.#guards.set(hostname, guard);
    return guard;
  }

  #madeLimitOf(config: RateLimitConfig): RateLimit {
    const known = this.limitOf(config);
    if (known !== undefined) return known;
    const limit = createRateLimit(config, this.#host);
    this.#limits.set(config, limit);
    return limit;
  }

  /** Forgets the oldest that is not needed. Those that are go to the end of the line. */
  #forgetOne(): void {
    let looks = 0;
    for (const [hostname, guard] of this.#guards) {
      this.#guards.delete(hostname);
      if (guard.isQuiet) return;
      this.#guards.set(hostname, guard);
      looks += 1;
      if (looks === LOOKS) return;
    }
  }
}

/** Makes the guards of a switchboard, where its options ask for any. */
export function createGuards({ delivery, trustedProxies, onEvent }: SwitchboardSettings): Guards | undefined {
  if (delivery === undefined) return undefined;
  const clientOf = createClientOf(trustedProxies);
  return new Guards(delivery, {
    clientOf: (request) => clientOf(request).address,
    blocked: (key, ms) => onEvent({ type: "blocked", key, ms }),
    circuit: (hostname, event) => onEvent(toCircuitEvent(hostname, event)),
  });
}

function toCircuitEvent(hostname: string, event: CircuitEvent): SwitchboardEvent {
  if (event.type !== "opened") return { type: `circuit-${event.type}`, hostname };
  return { type: "circuit-opened", hostname, retryAfterMs: event.retryAfterMs };
}
