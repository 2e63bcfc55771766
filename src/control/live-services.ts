import { overviewOf, totalsOf } from "./overview.ts";
import type { Service } from "./schemas/service.ts";
import { takeSnapshot } from "./service-rows.ts";
import type { ControlSource } from "./source.ts";
import { toText } from "./streams.ts";

/** Readers are told once in so long. */
const PERIOD_MS = 1_000;
/** A tick may come a moment early. */
const SLACK_MS = 50;

/** Seconds of requests that a row shows. */
const SPARK = 60;

/** What readers are told of one moment. */
export interface LiveMoment {
  /** One more with each moment. */
  number: number;
  /** For who was told of the moment before. */
  changes: string;
  /** For who was not. */
  all(): string;
}

interface Row {
  /** Without what changes by itself: that is no news. */
  key: string;
  json: string;
}

/** All services once a second, for any number of readers: worked out once, and only when somebody asks. */
export class LiveServices {
  readonly #source: ControlSource;
  #rows = new Map<string, Row>();
  #moment: LiveMoment | undefined;
  #at = Number.NEGATIVE_INFINITY;

  constructor(source: ControlSource) {
    this.#source = source;
  }

  /** The moment that is to be told now. */
  latest(): LiveMoment {
    const now = performance.now();
    if (this.#moment !== undefined && now - this.#at < PERIOD_MS - SLACK_MS) return this.#moment;
    this.#at = now;
    this.#moment = this.#look(this.#moment?.number ?? 0);
    return this.#moment;
  }

  #look(before: number): LiveMoment {
    const snapshot = takeSnapshot(this.#source);
    const overview = { ...overviewOf(this.#source, snapshot), ...totalsOf(this.#source, snapshot) };
    const rows = new Map(snapshot.hostnames.map((hostname) => [hostname, toRow(snapshot.row(hostname, SPARK))]));
    const changed = [...rows].filter(([hostname, { key }]) => this.#rows.get(hostname)?.key !== key);
    const gone = [...this.#rows.keys()].filter((hostname) => !rows.has(hostname));
    this.#rows = rows;
    const tell = (some: Iterable<Row>, full: boolean) => {
      const services = [...some].map(({ json }) => json).join();
      const { size: total } = rows;
      const rest = JSON.stringify({ full, total, gone: full ? [] : gone, overview }).slice(1);
      return toText("services", `{"services":[${services}],${rest}`);
    };
    let all: string | undefined;
    return {
      number: before + 1,
      changes: tell(
        changed.map(([, row]) => row),
        false,
      ),
      all() {
        all ??= tell(rows.values(), true);
        return all;
      },
    };
  }
}

function toRow(service: Service): Row {
  const { uptimeMs: _uptimeMs, failure, breaker, ...steady } = service;
  const key = JSON.stringify([steady, failure?.failures, failure?.message, breaker?.state]);
  return { key, json: JSON.stringify(service) };
}
