import { type Operation, scoped, until } from "effection";
import { useSwitchboardProgram } from "../fronts.ts";
import { type Load, warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import { byProcessorTime, RATE_UNIT } from "../processor-time.ts";
import { type Contestant, compare, median } from "../rounds.ts";
import type { Bench, Figure, Outcome, Section } from "../section.ts";

const OBSERVED = "ids, records, metrics and history";
const STREAMS = 100;
/** So many times a page is asked for; the median counts. */
const PAGES = 21;

/** What a request pays for being observed, and what whoever looks at it costs. */
export const observe: Section = {
  name: "observe",
  title: "Handoff with an Express app, observed and not",
  *run(bench) {
    const { columns, rates, notes } = yield* compareKind("express", bench);
    return { columns, rates, figures: yield* look(bench), notes };
  },
};

export const observeHandler: Section = {
  name: "observe-handler",
  title: "Handoff with a bare handler, observed and not",
  run: (bench) => compareKind("handler", bench),
};

function* compareKind(
  kind: "express" | "handler",
  { settings, tool }: Bench,
): Operation<Outcome & { columns: [string, string] }> {
  const { connections, seconds, warmUpMs } = settings;
  // Two processes of the same program differ by more than what is measured here: many processes, a round each.
  const batches = settings.schedule.batches * 3 + 1;
  const rates = yield* compare(
    function* (): Operation<Contestant[]> {
      const contestants: Contestant[] = [];
      for (const [name, on] of [
        ["nothing", ["unobserved"]],
        ["nothing, the noise", ["unobserved"]],
        [OBSERVED, []],
      ] as const) {
        const { port, pid } = yield* useSwitchboardProgram(kind, 1, on);
        const load = { port, hostnames: 1, seconds, connections };
        const measure = () => byProcessorTime(tool, load, pid);
        contestants.push({ name, warmUp: () => warmUp(tool, load, warmUpMs), measure });
      }
      return contestants;
    },
    { batches, rounds: 1 },
  );
  return { columns: [RATE_UNIT, "of nothing"], rates, figures: [], notes: [] };
}

/** What it costs that somebody looks: a page of all that is kept, and a hundred live streams. */
function* look({ settings, tool }: Bench): Operation<Figure[]> {
  const { connections, warmUpMs, schedule } = settings;
  const { port, pid } = yield* useSwitchboardProgram("express", 1);
  const load: Load = { port, hostnames: 1, seconds: 2, connections };
  yield* warmUp(tool, load, warmUpMs + 2_000);
  const pageMs = yield* medianOfPages(port);
  const unread: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < schedule.batches * schedule.rounds; round += 1) {
    unread.push((yield* byProcessorTime(tool, load, pid)).perSecond);
    read.push(yield* readByStreams(port, () => byProcessorTime(tool, load, pid)));
  }
  return [
    { name: "a page of a full journal", value: pageMs, unit: "ms" },
    { name: "read by 100 streams, of unread", value: median(read) / median(unread), unit: "" },
  ];
}

/** Rates while so many streams read what happens, one of them stalled. */
function readByStreams(port: number, measure: () => Operation<{ perSecond: number }>): Operation<number> {
  return scoped(function* () {
    yield* useProgram(new URL("../programs/streams.ts", import.meta.url), [port, STREAMS]);
    return (yield* measure()).perSecond;
  });
}

function* medianOfPages(port: number): Operation<number> {
  const times: number[] = [];
  for (let i = 0; i < PAGES; i += 1) {
    const began = performance.now();
    yield* until(page(port));
    times.push(performance.now() - began);
  }
  return median(times);
}

/** A filter that fits none: all that is kept is looked at. Then the largest page there is. */
async function page(port: number): Promise<void> {
  for (const query of ["outcome=cut&path=nowhere", "limit=1000"]) {
    const response = await fetch(`http://127.0.0.1:${port}/__switchboard/api/requests?${query}`);
    const { requests, dropped } = (await response.json()) as { requests: unknown[]; dropped: number };
    if (dropped === 0) throw new Error("the journal is not full");
    if (requests.length !== (query.startsWith("limit") ? 1_000 : 0)) throw new Error(`${query} got ${requests.length}`);
  }
}
