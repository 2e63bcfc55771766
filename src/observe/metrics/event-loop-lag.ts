import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Family, Sample } from "./family.ts";

/** How often it looks. What it measures is from one look to the next: this is taken off again. */
const RESOLUTION_MS = 10;

/** How late the event loop is. It is measured from the first scrape on, without keeping the process alive. */
export class EventLoopLag {
  #delays: IntervalHistogram | undefined;
  #closed = false;

  /** Nothing is measured any more. */
  close(): void {
    this.#closed = true;
    this.#delays?.disable();
    this.#delays = undefined;
  }

  /** What was measured since the scrape before: of two who scrape, each is told a part. */
  get families(): Family[] {
    const family = (name: string, help: string, read: (delays: IntervalHistogram) => number): Family => ({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `${help} how late the event loop was since the scrape before, whoever that was by; the first has no sample.`,
      type: "gauge",
      samples: () => this.#sample(read),
    });
    return [
      family("mean", "On average,", ({ mean }) => mean),
      family("max", "At most,", ({ max }) => max),
      family("p50", "Half of the time at most,", (delays) => delays.percentile(50)),
      family("p90", "In 90 of 100 cases at most,", (delays) => delays.percentile(90)),
      family("p99", "In 99 of 100 cases at most,", (delays) => delays.percentile(99)),
    ];
  }

  /** A scrape is over: what is measured from now on belongs to the next one. */
  next(): void {
    if (this.#closed) return;
    if (this.#delays === undefined) {
      this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delays.enable();
    } else this.#delays.reset();
  }

  #sample(read: (delays: IntervalHistogram) => number): Sample[] {
    if (this.#delays === undefined || this.#delays.count === 0) return [];
    return [{ labels: {}, value: Math.max(0, read(this.#delays) / 1e9 - RESOLUTION_MS / 1_000) }];
  }
}
