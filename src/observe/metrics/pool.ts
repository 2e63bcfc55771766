import { type BusiestHostnames, OTHERS_NAME } from "../busiest-hostnames.ts";
import type { Family, Sample } from "./family.ts";

/**
 * How a pool is: what metrics cannot count by themselves.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: plain data.
 */
export interface PoolSample {
  /** How many servers run. */
  running: number;
  /** How many start. */
  starting: number;
  /** How many of them wait for their turn. */
  queued: number;
  /** How many stop. */
  stopping: number;
  /** How many hostnames have failed, and cannot be started yet. */
  backingOff: number;
  /** How many others do not run because they have failed. */
  failed: number;
  /** How many servers there can be. */
  maxServers: number;
  /** How many upgraded sockets are open, over all servers. */
  websockets: number;
  /** One row for each hostname that has a server or a circuit breaker. */
  services: PoolServiceSample[];
}

/**
 * How one hostname is.
 *
 * **Lifetime.** A snapshot: it does not change.
 *
 * **Failure.** None: plain data.
 */
interface PoolServiceSample {
  hostname: string;
  /** How many requests its servers have in flight. */
  requests: number;
  /** How many upgraded sockets are open. */
  sockets: number;
  /** How many servers it has. */
  replicas: number;
  /** The state of its circuit breaker, if it has one. */
  breaker?: "closed" | "open" | "half-open" | undefined;
}

const BREAKER_STATES = ["closed", "open", "half-open"] as const;

/** The metrics of a pool; `sample` gives the sample of this scrape. */
export function poolFamilies(hostnames: BusiestHostnames, sample: () => PoolSample): Family[] {
  const byHostname = (services: readonly PoolServiceSample[], value: (service: PoolServiceSample) => number) => {
    const sums = new Map<string, number>();
    for (const service of services) {
      const label = hostnames.places.has(service.hostname) ? service.hostname : OTHERS_NAME;
      sums.set(label, (sums.get(label) ?? 0) + value(service));
    }
    return Array.from(sums, ([hostname, sum]): Sample => ({ labels: { hostname }, value: sum }));
  };
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    {
      name: "switchboard_servers",
      help: "How many hostnames have a server that runs, starts or stops, or none because it has failed: backing-off cannot be started yet, failed are all others.",
      type: "gauge",
      samples: () => {
        const { running, starting, stopping, backingOff, failed } = sample();
        const states = { running, starting, stopping, "backing-off": backingOff, failed };
        return Object.entries(states).map(([state, value]) => ({ labels: { state }, value }));
      },
    },
    {
      name: "switchboard_servers_max",
      help: "How many servers there can be at once.",
      type: "gauge",
      samples: () => one(sample().maxServers),
    },
    {
      name: "switchboard_start_queue_length",
      help: "How many starts wait for their turn.",
      type: "gauge",
      samples: () => one(sample().queued),
    },
    {
      name: "switchboard_replicas",
      help: "How many servers a hostname has.",
      type: "gauge",
      samples: () => byHostname(sample().services, ({ replicas }) => replicas),
    },
    {
      name: "switchboard_websockets_open",
      help: "How many upgraded sockets, such as WebSockets, are open.",
      type: "gauge",
      samples: () => {
        const named = byHostname(sample().services, ({ sockets }) => sockets).filter(
          ({ labels }) => labels.hostname !== OTHERS_NAME,
        );
        const others = named.reduce((rest, { value }) => rest - value, sample().websockets);
        return [...named, { labels: { hostname: OTHERS_NAME }, value: others }];
      },
    },
    {
      name: "switchboard_breaker_state",
      help: "How many circuit breakers are in the state: one at most for each hostname, but for the rest together.",
      type: "gauge",
      samples: () => {
        const guarded = sample().services.filter(({ breaker }) => breaker !== undefined);
        return BREAKER_STATES.flatMap((state) =>
          byHostname(guarded, ({ breaker }) => (breaker === state ? 1 : 0)).map(({ labels, value }) => ({
            labels: { ...labels, state },
            value,
          })),
        );
      },
    },
  ];
}
