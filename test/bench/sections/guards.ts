import { existsSync, readFileSync } from "node:fs";
import type { Operation } from "effection";
import { useSwitchboardProgram } from "../fronts.ts";
import { type Load, type LoadTool, type Sample, warmUp } from "../load.ts";
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

/** Where Linux tells of itself what time a process has taken, in hundredths of a second (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;
const COUNTS_TIME = existsSync("/proc/self/stat");

/**
 * What a request through the switchboard pays for what guards its server: by the processor time that it takes, where
 * that is known. The differences are small, and by the clock they would drown in what else the machine does.
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
          const measure = () => (COUNTS_TIME ? byProcessorTime(tool, load, pid) : tool.run(load));
          contestants.push({ name, warmUp: () => warmUp(tool, load, warmUpMs), measure });
        }
        return contestants;
      },
      { batches, rounds: 1 },
    );
    return {
      columns: [COUNTS_TIME ? "requests/s of processor time" : "requests/s", "of all off"],
      rates,
      figures: [],
      notes: [],
    };
  },
};

function* byProcessorTime(tool: LoadTool, load: Load, pid: number): Operation<Sample> {
  const before = processorSeconds(pid);
  const { perSecond, failed } = yield* tool.run(load);
  return { perSecond: (perSecond * load.seconds) / (processorSeconds(pid) - before), failed };
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
