import { type Operation, scoped } from "effection";
import { useFronts } from "../fronts.ts";
import type { Sample } from "../load.ts";
import { useProgram } from "../process.ts";
import { type Contestant, compare } from "../rounds.ts";
import type { Section } from "../section.ts";

const CLIENTS = 50;

/** Messages that go to and fro on sockets that stay open. */
export const webSocket: Section = {
  name: "websocket",
  title: `WebSocket echo, ${CLIENTS} clients with one message each on its way`,
  *run(bench) {
    const { warmUpMs, seconds, schedule } = bench.settings;
    const notes = new Set<string>();
    const rates = yield* compare(
      function* (): Operation<Contestant[]> {
        const { fronts, missing } = yield* useFronts("echo", bench);
        for (const note of missing) notes.add(note);
        return fronts.map(({ name, port }) => ({
          name,
          *warmUp() {
            yield* echo(port, warmUpMs / 4_000);
          },
          measure: () => echo(port, seconds),
        }));
      },
      { batches: 1, rounds: schedule.rounds },
    );
    return { columns: ["messages/s", "of direct"], rates, figures: [], notes: [...notes] };
  },
};

function echo(port: number, seconds: number): Operation<Sample> {
  const program = new URL("../programs/echo-load.ts", import.meta.url);
  return scoped(() => useProgram<Sample>(program, [port, seconds, CLIENTS]));
}
