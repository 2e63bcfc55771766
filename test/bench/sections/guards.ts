import type { Operation } from "effection";
import { useSwitchboardProgram } from "../fronts.ts";
import { warmUp } from "../load.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Section } from "../section.ts";

const CONTESTANTS: Record<string, readonly string[]> = {
  "all off": [],
  "rate limit": ["limiter"],
  "circuit breaker": ["breaker"],
  "concurrency cap": ["cap"],
  "rate limit, breaker and cap": ["limiter", "breaker", "cap"],
  "response budgets": ["budgets"],
  "a fault for another hostname": ["fault"],
};

/** What a request through the switchboard pays for what guards its server. */
export const guards: Section = {
  name: "guards",
  title: "Handoff with an Express app and what guards it",
  *run({ settings, tool }) {
    const { seconds, connections, warmUpMs, schedule } = settings;
    const rates = yield* compare(
      function* (): Operation<Contestant[]> {
        const contestants: Contestant[] = [];
        for (const [name, on] of Object.entries(CONTESTANTS)) {
          const { port } = yield* useSwitchboardProgram("express", 1, on);
          const load = { port, hostnames: 1, seconds, connections };
          contestants.push({ name, warmUp: () => warmUp(tool, load, warmUpMs), measure: () => tool.run(load) });
        }
        return contestants;
      },
      { ...schedule, batches: schedule.batches * 2 }, // the differences are small, and so each needs more rounds
    );
    return { columns: ["requests/s", "of all off"], rates, figures: [], notes: [] };
  },
};
