import { scoped } from "effection";
import { useProgram } from "../process.ts";
import type { Limits } from "../programs/limits.ts";
import type { Figure, Section } from "../section.ts";

const KEYS = [100_000, 1_000_000] as const;

/** What it costs to ask the rate limiter and the circuit breaker. */
export const limits: Section = {
  name: "limits",
  title: "Rate limiter and circuit breaker: time for a decision, memory for a key",
  *run() {
    const figures: Figure[] = [];
    for (const keys of KEYS) {
      const program = new URL("../programs/limits.ts", import.meta.url);
      const measured = yield* scoped(() => useProgram<Limits>(program, [keys], ["--expose-gc"]));
      if (measured.keys !== keys) throw new Error(`${measured.keys} keys instead of ${keys} are remembered`);
      const at = keys.toLocaleString("en");
      figures.push(
        { name: `limiter, ${at} keys: memory for a key`, value: measured.bytesPerKey, unit: "bytes" },
        { name: `limiter, ${at} keys: the same key`, value: measured.sameKeyNs, unit: "ns" },
        { name: `limiter, ${at} keys: any of them`, value: measured.manyKeysNs, unit: "ns" },
        { name: `limiter, ${at} keys: a new one for an old one`, value: measured.newKeysNs, unit: "ns" },
      );
      if (keys !== KEYS[0]) continue;
      figures.push(
        { name: "breaker: admit and record", value: measured.breakerNs, unit: "ns" },
        { name: "breaker: memory", value: measured.bytesPerBreaker, unit: "bytes" },
      );
    }
    return { rates: [], figures, notes: ["limit 100, keys like 10.1.2.3, their text included in the memory"] };
  },
};
