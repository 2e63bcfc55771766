import { all, type Operation } from "effection";
import { type Load, type LoadTool, type Sample, warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Bench, Outcome, Section } from "../section.ts";

/** So few that nobody waits for as long as the tool does: a busy server takes those that came last first. */
const CONNECTIONS = 8;

/** A switchboard, and the ports of the threads behind it. */
interface Group {
  port: number;
  replicas: number[];
}

const PROGRAM: URL = new URL("../programs/replicas.ts", import.meta.url);

/** What a second thread brings an app that computes: on two processors, which it shares with whoever makes the load. */
export const replicas: Section = {
  name: "replicas",
  title: "An app that computes for some 3 ms, in one thread and in two",
  run: (bench) => oneAndTwo("busy-app.ts", bench),
};

/** The same where a request takes so long that giving it to a thread hardly counts. */
export const longReplicas: Section = {
  name: "replicas-long",
  title: "An app that computes for some 30 ms, in one thread and in two",
  run: (bench) => oneAndTwo("busier-app.ts", bench),
};

function* oneAndTwo(app: string, { settings, tool }: Bench): Operation<Outcome> {
  const { warmUpMs, schedule } = settings;
  const rates = yield* compare(function* (): Operation<Contestant[]> {
    const contestants: Contestant[] = [];
    for (const count of [1, 2]) {
      const { port, replicas } = yield* useProgram<Group>(PROGRAM, [count, app]);
      const load = (port: number, connections: number): Load => ({ port, hostnames: 1, seconds: 2, connections });
      const through = load(port, CONNECTIONS);
      contestants.push({
        name: count === 1 ? "one replica" : `${count} replicas`,
        warmUp: () => warmUp(tool, through, warmUpMs),
        measure: () => tool.run(through),
      });
      contestants.push({
        name: count === 1 ? "its thread, asked directly" : "their threads, asked directly",
        *warmUp() {},
        measure: () =>
          runAll(
            tool,
            replicas.map((own) => load(own, CONNECTIONS / count)),
          ),
      });
    }
    return contestants;
  }, schedule);
  return { columns: ["requests/s", "of one"], rates, figures: [], notes: [] };
}

/** What several loads at once come to: what the threads and this machine can do without a switchboard. */
function* runAll(tool: LoadTool, loads: readonly Load[]): Operation<Sample> {
  const samples = yield* all(loads.map((load) => tool.run(load)));
  const sum = (of: (sample: Sample) => number) => samples.reduce((total, sample) => total + of(sample), 0);
  return { perSecond: sum(({ perSecond }) => perSecond), failed: sum(({ failed }) => failed) };
}
