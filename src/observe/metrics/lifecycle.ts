import { detach } from "../../base/detach.ts";
import { type BusiestHostnames, OTHERS, OTHERS_NAME } from "../busiest-hostnames.ts";
import { type Family, histogramSamples, type Sample } from "./family.ts";

/**
 * Something that has happened to a server, or at the front door. Of what it says, this is looked at.
 *
 * **Lifetime.** Read at the call.
 *
 * **Failure.** None: an event of another type counts for nothing.
 */
export interface LifecycleEvent {
  /** Such as `started`. */
  readonly type: string;
  /** Whose server it is about. */
  readonly hostname?: string | undefined;
  /** Why, such as `evicted`. */
  readonly reason?: unknown;
}

const START_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Starts that nobody told the end of, such as those that got no turn, make room for others. */
const UNDER_WAY = 1_000;

/** What is counted for each hostname. */
const COUNTS = ["ready", "failed", "restarts", "evictions"] as const;
type Counted = (typeof COUNTS)[number];

/** Counts starts, restarts and evictions by hostname. */
export class LifecycleMetrics {
  readonly #hostnames: BusiestHostnames;
  /** By their place. */
  readonly #counts: Record<Counted, number[]> = { ready: [], failed: [], restarts: [], evictions: [] };
  /** When each start began that is under way, on the clock of `performance.now()`. */
  readonly #starting: Map<string, number> = new Map();
  readonly #durations: Float64Array = new Float64Array(START_BOUNDS.length + 1);
  #seconds = 0;

  constructor(hostnames: BusiestHostnames) {
    this.#hostnames = hostnames;
  }

  event({ type, hostname, reason }: LifecycleEvent): void {
    if (hostname === undefined) return;
    if (type === "starting") this.#begin(hostname);
    else if (type === "started") this.#ready(hostname);
    else if (type === "declined") this.#starting.delete(hostname);
    else if (type === "stopping") {
      this.#starting.delete(hostname); // nobody waits for it any more
      if (reason === "evicted") this.#add("evictions", hostname);
    } else if (type === "backing-off" || type === "restarting" || type === "failed") {
      if (type === "restarting") this.#add("restarts", hostname);
      if (this.#starting.delete(hostname)) this.#add("failed", hostname); // or it had run, and has crashed
    }
  }

  /** Who has this place loses it. */
  vacate(place: number): void {
    for (const counted of COUNTS) {
      const counts = this.#counts[counted];
      counts[OTHERS] = (counts[OTHERS] ?? 0) + (counts[place] ?? 0);
      counts[place] = 0;
    }
  }

  get families(): Family[] {
    return [
      {
        name: "switchboard_starts_total",
        help: "How many starts of servers are over, by their outcome: ready or failed.",
        type: "counter",
        samples: () => [...this.#each("ready", { outcome: "ready" }), ...this.#each("failed", { outcome: "failed" })],
      },
      {
        name: "switchboard_start_duration_seconds",
        help: "How long starts of servers took that succeeded, the wait for their turn included.",
        type: "histogram",
        samples: () => histogramSamples({}, START_BOUNDS, this.#durations, this.#seconds),
      },
      {
        name: "switchboard_restarts_total",
        help: "How often a server that had failed was put down for starting again by itself.",
        type: "counter",
        samples: () => this.#each("restarts"),
      },
      {
        name: "switchboard_evictions_total",
        help: "How often a server was stopped because another one needed its place.",
        type: "counter",
        samples: () => this.#each("evictions"),
      },
    ];
  }

  #begin(hostname: string): void {
    const [oldest] = this.#starting.keys();
    if (this.#starting.size >= UNDER_WAY && oldest !== undefined) this.#starting.delete(oldest);
    this.#starting.set(detach(hostname), performance.now());
  }

  #ready(hostname: string): void {
    this.#add("ready", hostname);
    const since = this.#starting.get(hostname);
    if (since === undefined) return;
    this.#starting.delete(hostname);
    const seconds = (performance.now() - since) / 1_000;
    const bucket = START_BOUNDS.findIndex((bound) => seconds <= bound);
    const at = bucket === -1 ? START_BOUNDS.length : bucket;
    this.#durations[at] = (this.#durations[at] as number) + 1;
    this.#seconds += seconds;
  }

  #add(counted: Counted, hostname: string): void {
    const counts = this.#counts[counted];
    const place = this.#hostnames.placeOf(hostname);
    counts[place] = (counts[place] ?? 0) + 1;
  }

  #each(counted: Counted, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const rows = [[OTHERS_NAME, OTHERS] as const, ...this.#hostnames.places];
    return rows.map(([hostname, place]) => ({
      labels: { hostname, ...labels },
      value: this.#counts[counted][place] ?? 0,
    }));
  }
}
