import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import type { Schedule } from "./rounds.ts";

/** What runs, and for how long. */
export interface BenchSettings {
  /** The section to run; `undefined` is all. */
  only: string | undefined;
  /** Where the figures are written as JSON. */
  json: string | undefined;
  /** How often everything is measured; the median counts. */
  schedule: Schedule;
  /** How long a round of load takes for each contestant, in seconds. wrk takes whole ones. */
  seconds: number;
  /** How long each contestant is warmed up, in milliseconds. */
  warmUpMs: number;
  connections: number;
  /** How many hostnames are "many". */
  hostnames: number;
  /** How many cold starts are measured one after the other, and how many at once. */
  coldStarts: { sequential: number; concurrent: number };
  /** How many rounds each way to have a server in a test gets. */
  testRounds: number;
  /** How large a large body is. */
  bulkBytes: number;
  /** How many rounds each pattern gets. */
  patternRounds: number;
  /** How many requests go through a server that resets at random. */
  resetRequests: number;
  /** How many WebSockets are opened and closed, and how many at once: a front has two files for each. */
  sockets: number;
  socketsAtOnce: number;
  /** What of this was chosen by the machine. */
  notes: string[];
}

const HOSTNAMES = 10_000;
/** File descriptors of a program besides those of its servers. */
const OTHER_FILES = 300;

/** Settings from the command line: `[--quick] [--only SECTION] [--json FILE]`. */
export function resolveSettings(argv: string[]): BenchSettings {
  const { values } = parseArgs({
    args: argv,
    options: { quick: { type: "boolean" }, only: { type: "string" }, json: { type: "string" } },
  });
  const { quick = false, only, json } = values;
  const wanted = quick ? HOSTNAMES / 5 : HOSTNAMES;
  const files = openFiles();
  const hostnames = Math.min(wanted, files - OTHER_FILES);
  const notes = quick ? ["quick: one short round; compare nothing with figures of a full run"] : [];
  if (hostnames < wanted) notes.push(`only ${hostnames} hostnames: \`ulimit -n\` allows ${files} files`);
  return {
    only,
    json,
    schedule: quick ? { batches: 1, rounds: 1 } : { batches: 2, rounds: 2 },
    seconds: 1,
    warmUpMs: quick ? 300 : 1_000,
    connections: 50,
    hostnames,
    coldStarts: quick ? { sequential: 200, concurrent: 500 } : { sequential: 500, concurrent: 1_500 },
    testRounds: quick ? 100 : 300,
    bulkBytes: (quick ? 128 : 1024) * 1024 * 1024,
    patternRounds: quick ? 3 : 9,
    sockets: quick ? 1_000 : 10_000,
    socketsAtOnce: Math.floor((files - OTHER_FILES) / 2),
    resetRequests: quick ? 10_000 : 100_000,
    notes,
  };
}

/** The limit that child processes will have. */
function openFiles(): number {
  try {
    const limit = Number(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }));
    return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
