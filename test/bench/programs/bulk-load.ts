/**
 * One large body down and one up, and the memory of the process that they go through. `bulk-load.ts <port> <bytes> <pid>`
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { report } from "./program.ts";

/** What this program reports. */
export interface Bulk {
  downPerSecond: number;
  upPerSecond: number;
  /** The most that the process held at once above what it held before, in MiB. */
  aboveIdle: number;
}

const PART = Buffer.alloc(64 * 1024, "x");
const [port = 0, bytes = 0, pid = 0] = process.argv.slice(2).map(Number);

const idle = resident();
let most = idle;
const watch = setInterval(() => {
  most = Math.max(most, resident());
}, 50);
const downPerSecond = await timed(down);
const upPerSecond = await timed(up);
clearInterval(watch);
report({ downPerSecond, upPerSecond, aboveIdle: (most - idle) / 1024 } satisfies Bulk);

/** What the process holds, in KiB. */
function resident(): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}

async function timed(transfer: () => Promise<number>): Promise<number> {
  const since = performance.now();
  const got = await transfer();
  if (got !== bytes) throw new Error(`${got} of ${bytes} bytes arrived`);
  return bytes / 1e6 / ((performance.now() - since) / 1000);
}

async function down(): Promise<number> {
  const get = request({ port, host: "127.0.0.1", path: `/${bytes}`, headers: { host: "h0.localhost" } }).end();
  const [response] = (await once(get, "response")) as [IncomingMessage];
  let got = 0;
  response.on("data", (part) => {
    got += part.length;
  });
  await once(response, "end");
  return got;
}

async function up(): Promise<number> {
  const headers = { host: "h0.localhost", "content-length": bytes };
  const put = request({ port, host: "127.0.0.1", method: "PUT", headers });
  const answered = once(put, "response") as Promise<[IncomingMessage]>;
  for (let left = bytes; left > 0; left -= PART.length) {
    if (!put.write(left < PART.length ? PART.subarray(0, left) : PART)) await once(put, "drain");
  }
  put.end();
  const [response] = await answered;
  let text = "";
  for await (const part of response) text += part;
  return Number(text);
}
