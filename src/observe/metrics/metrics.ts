import type { Registry } from "prom-client";
import { checkKnownOptions, fail, integerOption } from "../../base/options.ts";
import type { RequestRecord } from "../../base/request-record.ts";
import { BusiestHostnames } from "../busiest-hostnames.ts";
import type { RequestObserver } from "../request-observer.ts";
import { EventLoopLag } from "./event-loop-lag.ts";
import { addFamilies, type Family } from "./family.ts";
import { type LifecycleEvent, LifecycleMetrics } from "./lifecycle.ts";
import { type PoolSample, poolFamilies } from "./pool.ts";
import { processFamilies } from "./process.ts";
import { RequestMetrics } from "./requests.ts";

/**
 * What metrics are made of.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface MetricsConfig {
  /** How the pool is: asked once for each scrape. What it throws rejects that scrape. */
  sample: () => PoolSample;
  /** So many hostnames have a label of their own, the busiest; all others together are `_other`. At most 1000. @default 100 */
  topHostnames?: number | undefined;
}

/**
 * Metrics for Prometheus. Every instance has its own: nothing is shared in the process.
 *
 * A hostname has a label of its own from its first request, as long as there is room for it. After that, scrapes give
 * the labels of quiet hostnames to those with twice their traffic. What was counted for one that loses its label is
 * added to `_other`: the series ends, and no sum over all hostnames gets smaller.
 *
 * **Lifetime.** From the first scrape until `close`, the event loop is watched; nothing keeps the process alive.
 *
 * **Failure.** Counting does not fail. `text` rejects with what the sample of the pool throws.
 */
export interface Metrics extends RequestObserver {
  /** The `Content-Type` of the text. */
  readonly contentType: string;
  /** Everything, in the text format of Prometheus. */
  text(): Promise<string>;
  /** Counts what has happened to a server. */
  event(event: LifecycleEvent): void;
  /** The event loop is not watched any more. All else can be read as before. */
  close(): void;
}

/** Makes metrics, which have counted nothing yet. */
export function createMetrics(config: MetricsConfig): Metrics {
  checkKnownOptions("createMetrics", config, ["sample", "topHostnames"]);
  const { sample, topHostnames = 100 } = config;
  if (typeof sample !== "function") fail("sample", "a function", sample);
  return new PrometheusMetrics(sample, integerOption("topHostnames", topHostnames, 1, 1_000));
}

class PrometheusMetrics implements Metrics {
  /** That of Prometheus' text format. */
  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #families: readonly Family[];
  readonly #hostnames: BusiestHostnames;
  readonly #requests: RequestMetrics;
  readonly #lifecycle: LifecycleMetrics;
  readonly #eventLoop: EventLoopLag = new EventLoopLag();
  readonly #sample: () => PoolSample;
  /** That of the scrape under way. */
  #pool: PoolSample | undefined;
  #registry: Promise<Registry> | undefined;

  constructor(sample: () => PoolSample, topHostnames: number) {
    this.#sample = sample;
    this.#hostnames = new BusiestHostnames(topHostnames);
    this.#requests = new RequestMetrics(this.#hostnames);
    this.#lifecycle = new LifecycleMetrics(this.#hostnames);
    this.#families = [
      ...this.#requests.families,
      ...this.#lifecycle.families,
      ...poolFamilies(this.#hostnames, () => this.#pool as PoolSample),
      ...this.#eventLoop.families,
      ...processFamilies(),
    ];
  }

  began(record: RequestRecord): void {
    this.#requests.began(record);
  }

  finished(record: RequestRecord): void {
    this.#requests.finished(record);
  }

  event(event: LifecycleEvent): void {
    this.#lifecycle.event(event);
  }

  async text(): Promise<string> {
    this.#registry ??= createRegistry(this.#families);
    const registry = await this.#registry;
    this.#pool = this.#sample();
    this.#hostnames.review((place) => {
      this.#requests.vacate(place);
      this.#lifecycle.vacate(place);
    });
    const text = registry.metrics(); // all samples are taken here, before anything else happens
    this.#eventLoop.next();
    this.#pool = undefined;
    return await text;
  }

  close(): void {
    this.#eventLoop.close();
  }
}

/** What formats them: loaded here, because most programs are never scraped, and all would wait for it. */
async function createRegistry(families: readonly Family[]): Promise<Registry> {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  addFamilies(registry, families);
  return registry;
}
