import type { Operation } from "effection";
import { useFronts } from "../fronts.ts";
import { warmUp } from "../load.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Bench, Outcome, Section } from "../section.ts";

/** One hostname, behind everything there is: a real app, and the smallest one. */
export const express: Section = {
  name: "express",
  title: "An Express app, one hostname",
  run: (bench) => throughput("express", bench),
};

export const handler: Section = {
  name: "handler",
  title: "A bare handler, one hostname",
  run: (bench) => throughput("handler", bench),
};

function* throughput(kind: "express" | "handler", bench: Bench): Operation<Outcome> {
  const { settings, tool } = bench;
  const { schedule, seconds, connections, warmUpMs } = settings;
  const notes = new Set<string>();
  const rates = yield* compare(function* (): Operation<Contestant[]> {
    const { fronts, missing } = yield* useFronts(kind, bench);
    for (const note of missing) notes.add(note);
    return fronts.map(({ name, port }) => {
      const load = { port, hostnames: 1, seconds, connections };
      return { name, warmUp: () => warmUp(tool, load, warmUpMs), measure: () => tool.run(load) };
    });
  }, schedule);
  return { columns: ["requests/s", "of direct"], rates, figures: [], notes: [...notes] };
}
