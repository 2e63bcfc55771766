/**
 * What live hostnames cost: heap while they run, and the time to halt them all; run with --expose-gc.
 * `lives.ts <kind | "demo"> <hostnames>`
 */
import { type AppFactory, createSwitchboard } from "../../../src/index.ts";
import { type AppKind, makeApp } from "./apps.ts";
import { report } from "./program.ts";

/** What this program reports. */
export interface Lives {
  heapBytes: number;
  residentBytes: number;
  startMs: number;
  haltMs: number;
  stopped: number;
}

const BATCH = 100;

const [kind, hostnames] = process.argv.slice(2) as [AppKind | "demo", string];
const count = Number(hostnames);
const factory: AppFactory | undefined =
  kind === "demo" ? undefined : ({ hostname, server }) => makeApp(kind, hostname, server);
const config = { basePort: 0, maxServers: 20_000, ...(factory && { app: factory }) };

await using warm = await createSwitchboard(config);
await startAll(warm, BATCH);
await warm.close();

const board = await createSwitchboard(config);
const before = memory();
const starting = performance.now();
await startAll(board, count);
const startMs = performance.now() - starting;
const after = memory();
const halting = performance.now();
const { serversStopped: stopped } = await board.close();
const haltMs = performance.now() - halting;
const heapBytes = (after.heapUsed - before.heapUsed) / count;
const residentBytes = (after.rss - before.rss) / count;
report({ heapBytes, residentBytes, startMs, haltMs, stopped } satisfies Lives);

async function startAll({ pool }: typeof board, howMany: number): Promise<void> {
  for (let i = 0; i < howMany; i += BATCH) {
    const names = Array.from({ length: Math.min(BATCH, howMany - i) }, (_, j) => `h${i + j}`);
    await Promise.all(names.map((name) => pool.getOrCreate(name)));
  }
}

function memory(): NodeJS.MemoryUsage {
  for (let i = 0; i < 3; i += 1) globalThis.gc?.();
  return process.memoryUsage();
}
