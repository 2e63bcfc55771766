/**
 * What the switchboard costs, next to the server itself and to other fronts: `npm run bench`.
 *
 *     npm run bench -- [--quick] [--only SECTION] [--json FILE]
 *
 * Everything under test is a process of its own on a loopback port. Ends by itself in less than thirteen minutes.
 */
import { writeFileSync } from "node:fs";
import { exit, main, type Operation } from "effection";
import { judge } from "./aims.ts";
import { createLoadTool } from "./load.ts";
import { type BenchSettings, resolveSettings } from "./options.ts";
import { useTemporaryDirectory } from "./process.ts";
import { describeMachine, formatAims, formatHead, formatOutcome } from "./report.ts";
import type { Outcome, Section } from "./section.ts";
import { coldStart } from "./sections/cold-start.ts";
import { dashboard } from "./sections/dashboard.ts";
import { forward } from "./sections/forward.ts";
import { guards } from "./sections/guards.ts";
import { handlers } from "./sections/handlers.ts";
import { hostnames } from "./sections/hostnames.ts";
import { limits } from "./sections/limits.ts";
import { lives } from "./sections/lives.ts";
import { observe, observeHandler } from "./sections/observe.ts";
import { patterns } from "./sections/patterns.ts";
import { longReplicas, replicas } from "./sections/replicas.ts";
import { resets } from "./sections/resets.ts";
import { sockets } from "./sections/sockets.ts";
import { storm } from "./sections/storm.ts";
import { testing } from "./sections/testing.ts";
import { express, handler } from "./sections/throughput.ts";
import { webSocket } from "./sections/web-socket.ts";

const LIMIT_MS = 1_200_000;
const SECTIONS: readonly Section[] = [
  express,
  handler,
  handlers,
  guards,
  observe,
  observeHandler,
  forward,
  resets,
  hostnames,
  coldStart,
  lives,
  webSocket,
  sockets,
  storm,
  replicas,
  longReplicas,
  testing,
  limits,
  patterns,
  dashboard,
];

endInTime();
await main(function* (argv) {
  const settings = resolveSettings(argv);
  const sections = SECTIONS.filter(({ name }) => settings.only === undefined || settings.only === name);
  if (sections.length === 0) yield* exit(2, `--only takes ${SECTIONS.map(({ name }) => name).join(", ")}`);
  yield* runAll(sections, settings);
});

function* runAll(sections: readonly Section[], settings: BenchSettings): Operation<void> {
  const directory = yield* useTemporaryDirectory();
  const tool = createLoadTool(directory);
  const machine = describeMachine(tool.name);
  const outcomes = new Map<string, Outcome>();
  console.log(formatHead(machine, settings));
  for (const section of sections) {
    const outcome = yield* section.run({ settings, tool, directory });
    outcomes.set(section.name, outcome);
    console.log(formatOutcome(section, outcome));
  }
  const aims = judge(outcomes);
  if (aims.length > 0) console.log(formatAims(aims));
  if (settings.json === undefined) return;
  const report = { machine, settings, sections: Object.fromEntries(outcomes), aims };
  writeFileSync(settings.json, `${JSON.stringify(report, null, 2)}\n`);
}

/** On "exit" every process and directory is released: so this limit holds whatever hangs, and so do all signals. */
function endInTime(): void {
  process.setMaxListeners(0);
  setTimeout(() => {
    console.error(`not finished within ${LIMIT_MS / 1000} s`);
    process.exit(1);
  }, LIMIT_MS).unref();
  process.on("SIGHUP", () => process.exit(129));
  // npm and terminals repeat a signal: the second one must not cut short the teardown that the first one began.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
}
