import type { IncomingMessage } from "node:http";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import { type Problem, prefersHtml } from "../server/problem.ts";

/** How many of the last lines that an app has printed are shown. */
const LINES = 20;

/**
 * Whether somebody looks at a browser that waits for this answer: a page is opened (Fetch Metadata Request Headers,
 * `Sec-Fetch-Mode`), and nothing is lost when it is asked for again.
 */
export function isNavigation(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers["sec-fetch-mode"] === "navigate" && prefersHtml(request);
}

/** What is shown while a server starts. The browser asks again after a second. */
export function waitingPage(hostname: string, pool: ServerPool): Problem {
  const row = pool.inspect().servers.find((server) => server.hostname === hostname && server.state === "starting");
  const seconds = Math.floor((row?.forMs ?? 0) / 1_000);
  const since = seconds === 0 ? "" : `, for ${seconds} s now`;
  const output = pool.log(hostname).slice(-LINES);
  return {
    status: 503,
    code: "STARTING",
    title: `${hostname} is starting`,
    detail: `its server is not ready yet${since}; this page asks again by itself`,
    hostname,
    retryAfterMs: 1_000,
    output: output.map(({ text }) => text),
    fields: { Refresh: "1" },
  };
}
