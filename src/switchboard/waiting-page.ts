import type { IncomingMessage } from "node:http";
import type { ServerPoolInspection } from "../pool/inspection.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import { type Problem, prefersHtml } from "../server/problem.ts";
import { toDetail } from "./problem.ts";

/** How many of the last lines that an app has printed are shown. */
const LINES = 20;

/** How long a browser waits for a start after a failure, at least, before it is shown the page. */
const AGAIN_MS = 3_000;

/**
 * Whether somebody looks at a browser that waits for this answer: a page is opened (Fetch Metadata Request Headers,
 * `Sec-Fetch-Mode`), and nothing is lost when it is asked for again.
 */
export function isNavigation(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers["sec-fetch-mode"] === "navigate" && prefersHtml(request);
}

/**
 * How much longer a browser that has waited for `waitedMs` is not shown the page. A start after a failure often fails again
 * soon: then it gets what all get, the reason, and no page that says that all is well.
 */
export function waitLongerMs(hostname: string, pool: ServerPool, waitedMs: number): number {
  return starting(hostname, pool)?.failure === undefined ? 0 : Math.max(0, AGAIN_MS - waitedMs);
}

/** What is shown while a server starts, and why it has failed before, if it has. The browser asks again after a second. */
export function waitingPage(hostname: string, pool: ServerPool): Problem {
  const row = starting(hostname, pool);
  const seconds = Math.floor((row?.forMs ?? 0) / 1_000);
  const since = seconds === 0 ? "" : `, for ${seconds} s now`;
  const state = `its server is not ready yet${since}`;
  const what = row?.waitsFor === undefined ? "" : `: ${toDetail(row.waitsFor)}`;
  const end = "; this page asks again by itself";
  const [again, why] = row?.failure === undefined ? ["", ""] : [" again", `it has failed: ${toDetail(row.failure)}; `];
  const output = pool.log(hostname).slice(-LINES);
  return {
    status: 503,
    code: "STARTING",
    title: `${hostname} is starting${again}`,
    detail: `${why}${state}${what}${end}`,
    elsewhere: `${state}${end}`,
    hostname,
    retryAfterMs: 1_000,
    output: output.map(({ text }) => text),
    fields: { Refresh: "1" },
  };
}

function starting(hostname: string, pool: ServerPool): ServerPoolInspection["servers"][number] | undefined {
  return pool.inspect().servers.find((row) => row.hostname === hostname && row.state === "starting");
}
