import { useProgram } from "../process.ts";
import type { Figure, Section } from "../section.ts";

interface Resets {
  perSecond: number;
  wrong: number;
  mostOfAPost: number;
  mostOfAGet: number;
  heapGrowth: number;
  active: number;
  open: number;
}

/** What becomes of requests whose server resets one in ten before it answers. */
export const resets: Section = {
  name: "resets",
  title: "Forwarded to a server that resets every tenth request, client and server in the same process",
  *run({ settings }) {
    const program = new URL("../programs/resets.ts", import.meta.url);
    const found = yield* useProgram<Resets>(program, [settings.resetRequests], ["--expose-gc"]);
    const figures: Figure[] = [
      { name: "requests", value: settings.resetRequests, unit: "" },
      { name: "per second", value: found.perSecond, unit: "requests/s" },
      { name: "answered otherwise than they should be", value: found.wrong, unit: "requests" },
      { name: "the most that a POST was sent", value: found.mostOfAPost, unit: "x" },
      { name: "the most that a GET was sent", value: found.mostOfAGet, unit: "x" },
      { name: "heap growth", value: found.heapGrowth, unit: "MiB" },
      { name: "connections to the server at the end", value: found.open, unit: "" },
    ];
    return { rates: [], figures, notes: [] };
  },
};
