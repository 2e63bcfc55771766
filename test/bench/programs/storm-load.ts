/**
 * Load on `count` healthy names, one connection each, and their latency; meanwhile as many names whose servers crash
 * are asked for ten times a second, when there is a storm. `storm-load.ts <port> <seconds> <count> <storm: 0 | 1> <pauseMs>`
 */
import { Agent, request } from "node:http";
import { quantile } from "../rounds.ts";
import { report } from "./program.ts";

/** What a load came to; times in milliseconds. */
export interface StormSample {
  p50: number;
  p99: number;
  perSecond: number;
  /** Answers of healthy names other than 200. */
  failed: number;
}

const WARM_UP_MS = 1_000;
const ASK_MS = 100;

const [port = 0, seconds = 1, count = 1, storm = 0, pauseMs = 0] = process.argv.slice(2).map(Number);
const good = new Agent({ keepAlive: true });
const bad = new Agent({ keepAlive: true, maxSockets: count });
let times: number[] = [];
let failed = 0;
let open = true;

for (let i = 0; i < count; i += 1) void askGood(`good${i}`);
await pause(WARM_UP_MS);
times = [];
const since = performance.now();
if (storm === 1) for (let i = 0; i < count; i += 1) void askBad(`bad${i}`, (i / count) * ASK_MS);
await pause(seconds * 1_000);
open = false;
const perSecond = times.length / ((performance.now() - since) / 1_000);
const sample: StormSample = { p50: quantile(times, 0.5), p99: quantile(times, 0.99), perSecond, failed };
report(sample);

async function askGood(name: string): Promise<void> {
  while (open) {
    const from = performance.now();
    if ((await statusOf(good, name)) !== 200) failed += 1;
    times.push(performance.now() - from);
    if (pauseMs > 0) await pause(pauseMs);
  }
}

async function askBad(name: string, laterMs: number): Promise<void> {
  await pause(laterMs);
  while (open) {
    await statusOf(bad, name);
    await pause(ASK_MS);
  }
}

function statusOf(agent: Agent, name: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ agent, host: "127.0.0.1", port, headers: { Host: `${name}.localhost` } }, (response) => {
      response.on("end", () => resolve(response.statusCode ?? 0)).resume();
      response.on("error", () => resolve(0));
    });
    asked.on("error", () => resolve(0)).end();
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
