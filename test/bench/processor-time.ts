import { existsSync, readFileSync } from "node:fs";
import type { Operation } from "effection";
import type { Load, LoadTool, Sample } from "./load.ts";

/** Where Linux tells of itself what time a process has taken, in hundredths of a second (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;
const COUNTS_TIME = existsSync("/proc/self/stat");

/** What {@link byProcessorTime} counts. */
export const RATE_UNIT: string = COUNTS_TIME ? "requests/s of processor time" : "requests/s";

/**
 * A load, by the processor time that the process `pid` takes for it, where that is known. Small differences would drown
 * in what else the machine does, by the clock.
 */
export function* byProcessorTime(tool: LoadTool, load: Load, pid: number): Operation<Sample> {
  if (!COUNTS_TIME) return yield* tool.run(load);
  const before = processorSeconds(pid);
  const { perSecond, failed } = yield* tool.run(load);
  return { perSecond: (perSecond * load.seconds) / (processorSeconds(pid) - before), failed };
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
