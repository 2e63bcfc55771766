import { type Operation, scoped } from "effection";
import { type Listening, useDirectServer } from "../fronts.ts";
import { useProgram } from "../process.ts";
import type { Figure, Section } from "../section.ts";

interface Sockets {
  seconds: number;
  echoed: number;
  left: number;
}

const program = (name: string) => new URL(`../programs/${name}.ts`, import.meta.url);

/** WebSockets by the thousand: each is opened, echoes a message, and is closed. */
export const sockets: Section = {
  name: "sockets",
  title: "WebSockets that are opened, echo a message and are closed",
  *run({ settings }) {
    const { sockets: count, socketsAtOnce } = settings;
    const figures: Figure[] = [{ name: "sockets at once", value: Math.min(count, socketsAtOnce), unit: "" }];
    for (const way of ["handoff", "forward"] as const) {
      const { seconds, echoed, left } = yield* scoped(() => play(way, count, socketsAtOnce));
      figures.push(
        { name: `${way}: echoes`, value: echoed, unit: "" },
        { name: `${way}: per second`, value: count / seconds, unit: "sockets/s" },
        { name: `${way}: left`, value: left, unit: "sockets" },
      );
    }
    return { rates: [], figures, notes: [] };
  },
};

function* play(way: "handoff" | "forward", count: number, atOnce: number): Operation<Sockets> {
  const upstream = way === "forward" ? [(yield* useDirectServer("echo")).port] : [];
  const { port } = yield* useProgram<Listening>(program("sockets-front"), upstream);
  return yield* useProgram<Sockets>(program("sockets-load"), [port, count, atOnce]);
}
