import { type Operation, scoped } from "effection";
import type { Listening } from "../fronts.ts";
import { useProgram } from "../process.ts";
import type { StormSample } from "../programs/storm-load.ts";
import { median } from "../rounds.ts";
import type { Figure, Section } from "../section.ts";

const COUNT = 50;
const SECONDS = 5;

/** What healthy hostnames notice of others that crash all the time. */
export const storm: Section = {
  name: "storm",
  title: "Crash storm: 50 hostnames that crash every 20 ms, beside 50 healthy ones under load",
  *run({ settings }) {
    const full = yield* compareWeathers(FULL, settings.schedule.batches);
    const light = yield* compareWeathers(LIGHT, 1);
    return {
      rates: [],
      figures: [...figuresOf("full load", full), ...figuresOf("light load", light)],
      notes: [
        `${SECONDS} s in each weather, ${COUNT} connections; full load: ${speed(full)} requests per second when calm (median of ${full.calm.length} processes), light load: ${speed(light)}`,
        "each name that crashes is asked for ten times a second",
      ],
    };
  },
};

/** The pause of each connection after an answer, in milliseconds. */
const FULL = 0;
const LIGHT = 20;

type Weathers = Record<"calm" | "storm", StormSample[]>;

function* compareWeathers(pauseMs: number, batches: number): Operation<Weathers> {
  const samples: Weathers = { calm: [], storm: [] };
  for (let i = 0; i < batches; i += 1) {
    for (const weather of i % 2 === 0 ? (["calm", "storm"] as const) : (["storm", "calm"] as const)) {
      samples[weather].push(yield* scoped(() => measure(weather === "storm", pauseMs)));
    }
  }
  return samples;
}

function* measure(isStorm: boolean, pauseMs: number): Operation<StormSample> {
  const { port } = yield* useProgram<Listening>(new URL("../programs/storm.ts", import.meta.url), []);
  const load = new URL("../programs/storm-load.ts", import.meta.url);
  return yield* useProgram<StormSample>(load, [port, SECONDS, COUNT, Number(isStorm), pauseMs]);
}

function figuresOf(load: string, { calm, storm }: Weathers): Figure[] {
  const p99 = (samples: StormSample[]) => median(samples.map((sample) => sample.p99));
  return [
    { name: `p99 undisturbed, ${load}`, value: p99(calm), unit: "ms" },
    { name: `p99 in the storm, ${load}`, value: p99(storm), unit: "ms" },
    { name: `p99 ratio, ${load}`, value: p99(storm) / p99(calm), unit: "of undisturbed" },
    { name: `errors, ${load}`, value: storm.reduce((sum, { failed }) => sum + failed, 0), unit: "of healthy ones" },
  ];
}

function speed({ calm }: Weathers): string {
  return Math.round(median(calm.map(({ perSecond }) => perSecond))).toLocaleString("en");
}
