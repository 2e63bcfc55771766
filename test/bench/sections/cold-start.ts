import { Agent, request } from "node:http";
import { ensure, type Operation, scoped, until } from "effection";
import { useSwitchboardProgram } from "../fronts.ts";
import { median, quantile } from "../rounds.ts";
import type { Bench, Figure, Section } from "../section.ts";

/** The first request for a name that has no server yet, as a client sees it. */
export const coldStart: Section = {
  name: "cold-start",
  title: "Cold start of the built-in app, over HTTP",
  *run(bench) {
    const rounds: Round[] = [];
    for (let i = 0; i < bench.settings.schedule.batches; i += 1) {
      rounds.push(yield* scoped(() => measure(bench)));
    }
    const figure = (name: string, unit: string, of: (round: Round) => number): Figure => ({
      name,
      value: median(rounds.map(of)),
      unit,
    });
    const { sequential, concurrent } = bench.settings.coldStarts;
    return {
      rates: [],
      figures: [
        figure("p50", "ms", ({ times }) => quantile(times, 0.5)),
        figure("p99", "ms", ({ times }) => quantile(times, 0.99)),
        figure("starts/s", `/s, ${CONCURRENCY} at once`, ({ perSecond }) => perSecond),
        figure("second request p50", "ms", ({ again }) => quantile(again, 0.5)),
      ],
      notes: [
        `medians of ${rounds.length} processes, each: ${WARM_UP} starts to warm up, ${sequential} one after the other, ${concurrent} at once`,
      ],
    };
  },
};

const WARM_UP = 100;
const CONCURRENCY = 16;

interface Round {
  times: number[];
  again: number[];
  perSecond: number;
}

function* measure({ settings }: Bench): Operation<Round> {
  const { sequential, concurrent } = settings.coldStarts;
  const { port } = yield* useSwitchboardProgram("demo", 0);
  const one = yield* useAgent(1);
  const many = yield* useAgent(CONCURRENCY);
  let next = 0;
  const coldStarts = async (agent: Agent, count: number) => {
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) times.push(await timed(agent, port, `cold${next++}`));
    return times;
  };
  yield* until(coldStarts(one, WARM_UP));
  const times = yield* until(coldStarts(one, sequential));
  const again = yield* until(repeat(one, port, sequential));
  const since = performance.now();
  const share = Math.ceil(concurrent / CONCURRENCY);
  yield* until(Promise.all(Array.from({ length: CONCURRENCY }, () => coldStarts(many, share))));
  const perSecond = (share * CONCURRENCY) / ((performance.now() - since) / 1000);
  return { times, again, perSecond };
}

/** Requests for a name that runs: what of a cold start is not the start. */
async function repeat(agent: Agent, port: number, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await timed(agent, port, "cold0"));
  return times;
}

function* useAgent(maxSockets: number): Operation<Agent> {
  const agent = new Agent({ keepAlive: true, maxSockets });
  yield* ensure(() => agent.destroy());
  return agent;
}

/** How long a request takes until its answer is complete, in milliseconds. */
function timed(agent: Agent, port: number, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const since = performance.now();
    const asked = request({ agent, host: "127.0.0.1", port, headers: { Host: `${name}.localhost` } }, (response) => {
      response.on("error", reject).resume();
      response.on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - since);
        else reject(new Error(`${name} was answered with ${response.statusCode}`));
      });
    });
    asked.on("error", reject).end();
  });
}
