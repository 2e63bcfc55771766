import type { RequestRecord } from "../../base/request-record.ts";
import { type BusiestHostnames, OTHERS, OTHERS_NAME } from "../busiest-hostnames.ts";
import type { RequestObserver } from "../request-observer.ts";
import { type Family, histogramSamples, type Sample } from "./family.ts";
import { DURATION_BOUNDS, RequestTally } from "./request-tally.ts";

/** Counts requests by hostname. Whoever loses its place adds what was counted to `_other`: no sum over all gets smaller. */
export class RequestMetrics implements RequestObserver {
  readonly #hostnames: BusiestHostnames;
  /** By their place. */
  readonly #tallies: RequestTally[] = [new RequestTally()];

  constructor(hostnames: BusiestHostnames) {
    this.#hostnames = hostnames;
  }

  began(record: RequestRecord): void {
    if (record.upgrade) return; // those that are open are counted as WebSockets
    this.#tallyAt(this.#hostnames.placeSince(record.hostname, record.receivedAt)).inFlight += 1;
  }

  finished(record: RequestRecord): void {
    this.#tallyAt(this.#hostnames.count(record.hostname)).add(record);
    if (record.upgrade) return;
    this.#tallyAt(this.#hostnames.placeSince(record.hostname, record.receivedAt)).inFlight -= 1;
  }

  /** Who has this place loses it. */
  vacate(place: number): void {
    this.#tallyAt(OTHERS).take(this.#tallyAt(place));
  }

  get families(): Family[] {
    return [
      {
        name: "http_requests_total",
        help: "How many requests are over, by the status they were answered with; none is for those without an answer.",
        type: "counter",
        samples: () =>
          this.#each((hostname, tally) =>
            tally
              .answered()
              .map(({ method, status, count }) => ({ labels: { hostname, method, status }, value: count })),
          ),
      },
      {
        name: "http_request_duration_seconds",
        help: "How long requests took, from their arrival until their response had closed; without upgrades.",
        type: "histogram",
        samples: () =>
          this.#each((hostname, { durations, seconds }) =>
            histogramSamples({ hostname }, DURATION_BOUNDS, durations, seconds),
          ),
      },
      {
        name: "http_requests_in_flight",
        help: "How many requests are under way; without upgrades.",
        type: "gauge",
        samples: () => this.#one(({ inFlight }) => inFlight),
      },
      {
        name: "http_request_bytes_total",
        help: "How many bytes of requests have arrived, heads included.",
        type: "counter",
        samples: () => this.#one(({ bytesIn }) => bytesIn),
      },
      {
        name: "http_response_bytes_total",
        help: "How many bytes of responses were sent, heads included.",
        type: "counter",
        samples: () => this.#one(({ bytesOut }) => bytesOut),
      },
      {
        name: "switchboard_rate_limited_total",
        help: "How many requests were refused by a rate limit.",
        type: "counter",
        samples: () => this.#one(({ rateLimited }) => rateLimited),
      },
    ];
  }

  #one(value: (tally: RequestTally) => number): Sample[] {
    return this.#each((hostname, tally) => [{ labels: { hostname }, value: value(tally) }]);
  }

  #each(samples: (hostname: string, tally: RequestTally) => Sample[]): Sample[] {
    const rows = [[OTHERS_NAME, OTHERS] as const, ...this.#hostnames.places];
    return rows.flatMap(([hostname, place]) => samples(hostname, this.#tallyAt(place)));
  }

  #tallyAt(place: number): RequestTally {
    return this.#tallies[place] ?? this.#addTally(place);
  }

  #addTally(place: number): RequestTally {
    const tally = new RequestTally();
    this.#tallies[place] = tally;
    return tally;
  }
}
