import { type Operation, scoped, until } from "effection";
import { warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Section } from "../section.ts";

/** What it costs that a request handler is an operation. */
export const handlers: Section = {
  name: "handlers",
  title: "An Express handler that waits for a promise, on its own port",
  *run({ settings, tool }) {
    const { schedule, seconds, connections, warmUpMs } = settings;
    const rates = yield* compare(function* (): Operation<Contestant[]> {
      const contestants: Contestant[] = [];
      for (const [kind, name] of Object.entries({ async: "an async function", operation: "an operation" })) {
        const program = new URL("../programs/handlers.ts", import.meta.url);
        const { port } = yield* useProgram<{ port: number }>(program, [kind]);
        const load = { port, hostnames: 1, seconds, connections };
        contestants.push({ name, warmUp: () => warmUp(tool, load, warmUpMs), measure: () => tool.run(load) });
      }
      return contestants;
    }, schedule);
    const [plain, operation] = rates.map(({ perSecond }) => 1e6 / perSecond);
    const more = {
      name: "an operation costs more",
      value: (operation ?? Number.NaN) - (plain ?? Number.NaN),
      unit: "us",
    };
    const scope = { name: "a scope around a promise, in a loop", value: yield* scopeMicroseconds(), unit: "us" };
    return { columns: ["requests/s", "of async"], rates, figures: [more, scope], notes: [] };
  },
};

const SCOPES = 20_000;

/** What every request needs at least: the scope of its handler, in a process that does nothing else. */
function* scopeMicroseconds(): Operation<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const since = performance.now();
    for (let i = 0; i < SCOPES; i += 1) yield* scoped(() => until(Promise.resolve()));
    best = Math.min(best, ((performance.now() - since) / SCOPES) * 1_000);
  }
  return best;
}
