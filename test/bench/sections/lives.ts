import { scoped } from "effection";
import { useProgram } from "../process.ts";
import type { Lives } from "../programs/lives.ts";
import type { Figure, Section } from "../section.ts";

/** What live hostnames cost: memory while they run, time when they end. */
export const lives: Section = {
  name: "lives",
  title: "Live hostnames: memory, and the time to halt them all",
  *run({ settings: { hostnames } }) {
    const figures: Figure[] = [];
    for (const { kind, name } of KINDS) {
      const program = new URL("../programs/lives.ts", import.meta.url);
      const measured = yield* scoped(() => useProgram<Lives>(program, [kind, hostnames], ["--expose-gc"]));
      if (measured.stopped !== hostnames) throw new Error(`${measured.stopped} of ${hostnames} servers were stopped`);
      figures.push(
        { name: `heap per hostname, ${name}`, value: measured.heapBytes / 1024, unit: "KiB" },
        { name: `resident memory per hostname, ${name}`, value: measured.residentBytes / 1024, unit: "KiB" },
        { name: `starts/s in the process, ${name}`, value: hostnames / (measured.startMs / 1000), unit: "/s" },
        { name: `halt all, ${name}`, value: measured.haltMs / 1000, unit: "s" },
      );
    }
    return { rates: [], figures, notes: [`${hostnames} hostnames, all of them running`] };
  },
};

const KINDS = [
  { kind: "demo", name: "built-in app" },
  { kind: "handler", name: "bare handler" },
] as const;
