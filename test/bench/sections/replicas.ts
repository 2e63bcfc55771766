import type { Operation } from "effection";
import type { Listening } from "../fronts.ts";
import { type Load, warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Section } from "../section.ts";

/** So few that nobody waits for as long as the tool does: a busy server takes those that came last first. */
const CONNECTIONS = 8;

const PROGRAM: URL = new URL("../programs/replicas.ts", import.meta.url);

/** What a second thread brings an app that computes: on two processors, which it shares with whoever makes the load. */
export const replicas: Section = {
  name: "replicas",
  title: "An app that computes, in one thread and in two",
  *run({ settings, tool }) {
    const { warmUpMs, schedule } = settings;
    const rates = yield* compare(function* (): Operation<Contestant[]> {
      const contestants: Contestant[] = [];
      for (const count of [1, 2]) {
        const { port } = yield* useProgram<Listening>(PROGRAM, [count]);
        const load: Load = { port, hostnames: 1, seconds: 2, connections: CONNECTIONS };
        contestants.push({
          name: count === 1 ? "one replica" : `${count} replicas`,
          warmUp: () => warmUp(tool, load, warmUpMs),
          measure: () => tool.run(load),
        });
      }
      return contestants;
    }, schedule);
    return { columns: ["requests/s", "of one"], rates, figures: [], notes: [] };
  },
};
