import type { Operation } from "effection";
import { type Listening, useSwitchboardProgram } from "../fronts.ts";
import { warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import { type Contestant, compare, type Rate } from "../rounds.ts";
import type { Bench, Outcome, Section } from "../section.ts";

/** Many hostnames compared with one, each kind with itself. */
export const hostnames: Section = {
  name: "hostnames",
  title: "Many hostnames, compared with one of the same kind",
  *run(bench) {
    const rates: Rate[] = [];
    for (const kind of KINDS) rates.push(...(yield* compareWithOne(kind, bench)));
    return { columns: ["requests/s", "of one"], rates, figures: [], notes: NOTES } satisfies Outcome;
  },
};

interface Kind {
  name: string;
  start(hostnames: number): Operation<Listening>;
}

const KINDS: readonly Kind[] = [
  { name: "switchboard, a handler each", start: (count) => useSwitchboardProgram("handler", count) },
  { name: "switchboard, one Express app for all", start: (count) => useSwitchboardProgram("shared", count) },
  { name: "switchboard, an Express app each", start: (count) => useSwitchboardProgram("express", count) },
  { name: "no switchboard, a Map of handlers", start: (count) => useMapOfApps("handler", count) },
  { name: "Express alone, a Map of apps", start: (count) => useMapOfApps("express", count) },
];

const NOTES = [
  "Express gives each request and response the prototypes of its own app: with an app each, V8 meets as many shapes " +
    "as there are apps. `Express alone, a Map of apps` is that limit without a switchboard.",
];

function compareWithOne({ name, start }: Kind, { settings, tool }: Bench): Operation<Rate[]> {
  const { seconds, connections, warmUpMs, hostnames, schedule } = settings;
  return compare(
    function* (): Operation<Contestant[]> {
      const contestants: Contestant[] = [];
      for (const count of [1, hostnames]) {
        const { port } = yield* start(count);
        const load = { port, hostnames: count, seconds, connections };
        contestants.push({
          name: `${name}: ${count}`,
          warmUp: () => warmUp(tool, load, warmUpMs),
          measure: () => tool.run(load),
        });
      }
      return contestants;
    },
    { batches: 1, rounds: schedule.batches * schedule.rounds },
  );
}

function useMapOfApps(kind: "express" | "handler", count: number): Operation<Listening> {
  return useProgram(new URL("../programs/map-of-apps.ts", import.meta.url), [kind, count]);
}
