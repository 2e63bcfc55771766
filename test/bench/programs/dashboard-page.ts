/**
 * The dashboard of the switchboard on `port`, in a browser, while its hostnames h0, h1, ... are asked.
 * `dashboard-page.ts <port> <hostnames> <requests per second> <seconds>`
 */
import { Agent, request } from "node:http";
import type { Browser, CDPSession } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { quantile } from "../rounds.ts";
import { report } from "./program.ts";

/** How a page ran; times in milliseconds. */
export interface PageSample {
  /** From the navigation until something is seen. */
  firstPaint: number;
  /** From the start of one frame to that of the next. */
  p99: number;
  longest: number;
  /** What its scripts took, and what the main thread had to do altogether, for each frame. */
  script: number;
  busy: number;
  /** The longest task of the main thread, in time of the processor: what others take of that makes no difference. */
  task: number;
}

/** What the program reports: of the list, of one hostname, and of a page that does nothing. */
export interface DashboardSample {
  list: PageSample;
  service: PageSample;
  empty: PageSample;
  /** How many requests per second were answered meanwhile. */
  perSecond: number;
}

/** How often requests are sent, in milliseconds. */
const BATCH_MS = 20;
/** How long a page is left alone at first. */
const SETTLE_MS = 2_000;

/** When something was seen first. */
const FIRST_PAINT = `new Promise((resolve) =>
  new PerformanceObserver((entries) => resolve(entries.getEntries()[0].startTime))
    .observe({ type: "paint", buffered: true }))`;

const [port = 0, hostnames = 1, rate = 0, seconds = 1] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const origin = `http://switchboard.localhost:${port}`;
let sent = 0;
let answered = 0;

const begun = performance.now();
const load = setInterval(askSome, BATCH_MS);
const browser = await launchBrowser();
const since = performance.now();
const list = await measure(browser, `${origin}/`);
const service = await measure(browser, `${origin}/#/services/h0`);
const empty = await measure(browser, `${origin}/icon.svg`);
const perSecond = answered / ((performance.now() - since) / 1_000);
clearInterval(load);
await browser.close();
report({ list, service, empty, perSecond } satisfies DashboardSample);

/** As many as are due, a tenth of them for one hostname, so that its page has something to show. */
function askSome(): void {
  for (; sent < ((performance.now() - begun) * rate) / 1_000; sent += 1) {
    const name = Math.random() < 0.1 ? 0 : Math.floor(Math.random() * hostnames);
    const headers = { Host: `h${name}.localhost` };
    const asked = request({ agent, host: "127.0.0.1", port, path: `/items/${sent}`, headers }, (response) => {
      answered += 1;
      response.resume();
    });
    asked.on("error", () => {}).end();
  }
}

async function measure(browser: Browser, url: string): Promise<PageSample> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  const firstPaint = await page.evaluate<number>(FIRST_PAINT);
  await page.waitForTimeout(SETTLE_MS);
  const meter = await page.context().newCDPSession(page);
  await meter.send("Performance.enable");
  await browser.startTracing(page, { categories: ["toplevel"] });
  const before = await readMeter(meter);
  const frames = await page.evaluate<number[]>(framesFor(seconds));
  const after = await readMeter(meter);
  const task = longestTask(await browser.stopTracing());
  await page.close();
  const perFrame = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) * 1_000) / frames.length;
  return {
    firstPaint,
    p99: quantile(frames, 0.99),
    longest: Math.max(...frames),
    script: perFrame("ScriptDuration"),
    busy: perFrame("TaskDuration"),
    task,
  };
}

async function readMeter(meter: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await meter.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** In milliseconds, as a trace of the browser has it. */
function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const mains = traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const tasks = traceEvents.filter(
    (event) => event.tdur !== undefined && mains.some(({ pid, tid }) => pid === event.pid && tid === event.tid),
  );
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1_000;
}

/** What a trace has, as far as it is read: `tdur` is time of the processor, in microseconds. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/** The times between frames, as the page has them. */
function framesFor(seconds: number): string {
  return `new Promise((resolve) => {
    const times = [];
    const until = performance.now() + ${seconds * 1_000};
    const next = (time) => {
      times.push(time);
      if (time < until) requestAnimationFrame(next);
      else resolve(times.slice(1).map((time, i) => time - times[i]));
    };
    requestAnimationFrame(next);
  })`;
}
