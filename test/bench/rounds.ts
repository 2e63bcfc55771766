import { type Operation, scoped } from "effection";
import type { Sample } from "./load.ts";

/** One of those that are compared. */
export interface Contestant {
  name: string;
  warmUp(): Operation<void>;
  measure(): Operation<Sample>;
}

/** What a contestant came to. */
export interface Rate {
  name: string;
  /** The median of all rounds. */
  perSecond: number;
  /** The median of the ratios to the first contestant in the same round. */
  ratio: number;
  /** Every round, in order. */
  rounds: number[];
  /** More than none, and the figures say nothing. */
  failed: number;
}

/** How often everything is measured. */
export interface Schedule {
  /** How often all processes are started afresh: two of the same program differ by some percent for their whole life. */
  batches: number;
  /** Rounds of each batch. */
  rounds: number;
}

/**
 * Measures all that `start` starts, one after the other, round by round. Every second round goes backwards, so that
 * drift evens out.
 */
export function* compare(start: () => Operation<Contestant[]>, { batches, rounds }: Schedule): Operation<Rate[]> {
  const rows = new Map<string, Row>();
  for (let batch = 0; batch < batches; batch += 1) {
    yield* scoped(function* (): Operation<void> {
      const contestants = yield* start();
      for (const contestant of contestants) yield* contestant.warmUp();
      for (let round = 0; round < rounds; round += 1) {
        add(rows, yield* measureAll(round % 2 === 0 ? contestants : contestants.toReversed()), contestants);
      }
    });
  }
  return [...rows].map(([name, { rates, ratios, failed }]) => ({
    name,
    perSecond: median(rates),
    ratio: median(ratios),
    rounds: rates,
    failed,
  }));
}

interface Row {
  rates: number[];
  ratios: number[];
  failed: number;
}

function* measureAll(contestants: readonly Contestant[]): Operation<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const { name, measure } of contestants) samples.set(name, yield* measure());
  return samples;
}

function add(rows: Map<string, Row>, samples: Map<string, Sample>, contestants: readonly Contestant[]): void {
  const first = samples.get(contestants[0]?.name ?? "")?.perSecond ?? Number.NaN;
  for (const { name } of contestants) {
    const { perSecond, failed } = samples.get(name) as Sample;
    const row = rows.get(name) ?? { rates: [], ratios: [], failed: 0 };
    row.rates.push(perSecond);
    row.ratios.push(perSecond / first);
    row.failed += failed;
    rows.set(name, row);
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of `values` lies, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
