import type { Operation } from "effection";
import { useSwitchboardProgram } from "../fronts.ts";
import { warmUp } from "../load.ts";
import { byProcessorTime, RATE_UNIT } from "../processor-time.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Section } from "../section.ts";

const CONTESTANTS: Record<string, readonly string[]> = {
  "all off": [],
  "all off, the noise": [],
  "rate limit": ["limiter"],
  "circuit breaker": ["breaker"],
  "concurrency cap": ["cap"],
  "rate limit, breaker and cap": ["limiter", "breaker", "cap"],
  "response budgets": ["budgets"],
  "a fault for another hostname": ["fault"],
};

/**
 * What a request through the switchboard pays for what guards its server: by the processor time that it takes.
 */
export const guards: Section = {
  name: "guards",
  title: "Handoff with an Express app and what guards it",
  *run({ settings, tool }) {
    const { connections, seconds, warmUpMs } = settings;
    // Two processes of the same program differ by more than what is measured here: many processes, a round each.
    const batches = settings.schedule.batches * 2 + 1;
    const rates = yield* compare(
      function* (): Operation<Contestant[]> {
        const contestants: Contestant[] = [];
        for (const [name, on] of Object.entries(CONTESTANTS)) {
          const { port, pid } = yield* useSwitchboardProgram("express", 1, on);
          const load = { port, hostnames: 1, seconds, connections };
          const measure = () => byProcessorTime(tool, load, pid);
          contestants.push({ name, warmUp: () => warmUp(tool, load, warmUpMs), measure });
        }
        return contestants;
      },
      { batches, rounds: 1 },
    );
    return {
      columns: [RATE_UNIT, "of all off"],
      rates,
      figures: [],
      notes: [],
    };
  },
};
