import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Operation, race, scoped, sleep } from "effection";
import { exited, isInstalled, useCommand, useProgram } from "./process.ts";

/** A load on a server of this machine. */
export interface Load {
  port: number;
  /** Requests go to h0.localhost, h1.localhost, ...: so many names, at random. */
  hostnames: number;
  seconds: number;
  connections: number;
}

/** What a load came to. */
export interface Sample {
  perSecond: number;
  /** Answers other than 200, and connections that broke. */
  failed: number;
  /** The 99th percentile of the time that an answer took, in milliseconds; for load by HTTP. */
  p99Ms?: number;
}

/** Makes load. */
export interface LoadTool {
  name: "wrk" | "autocannon";
  run(load: Load): Operation<Sample>;
}

/** wrk when it is installed, else autocannon. Its files are in `directory`. */
export function createLoadTool(directory: string): LoadTool {
  if (!isInstalled("wrk")) return { name: "autocannon", run: runAutocannon };
  const script = join(directory, "load.lua");
  writeFileSync(script, LUA);
  return { name: "wrk", run: (load) => runWrk(script, load) };
}

/** Load for `ms`, whose result does not count. */
export function* warmUp(tool: LoadTool, load: Load, ms: number): Operation<void> {
  yield* race([asVoid(() => tool.run({ ...load, seconds: Math.ceil(ms / 1000) + 1 })), sleep(ms)]);
}

/** The requests are made in advance: the tool must cost the same for one name and for many. */
const LUA = `
local count, requests
function init(args)
  count, requests = tonumber(args[1]), {}
  for i = 1, count do
    requests[i] = wrk.format("GET", "/", { Host = "h" .. (i - 1) .. ".localhost" })
  end
end
function request()
  return requests[math.random(count)]
end
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print("RESULT " .. summary.requests .. " " .. summary.duration .. " " .. failed .. " " .. latency:percentile(99))
end
`;

function* runWrk(script: string, { port, hostnames, seconds, connections }: Load): Operation<Sample> {
  return yield* scoped(function* (): Operation<Sample> {
    const sizes = ["-t1", `-c${connections}`, `-d${seconds}s`];
    const args = [...sizes, "-s", script, `http://127.0.0.1:${port}/`, "--", String(hostnames)];
    const wrk = yield* useCommand("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    wrk.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    const status = yield* exited(wrk);
    const [, requests, micros, failed, p99] = /RESULT (\d+) (\d+) (\d+) ([\d.]+)/.exec(output) ?? [];
    if (status !== 0 || requests === undefined) throw new Error(`wrk ended with ${status}: ${output}`);
    return { perSecond: Number(requests) / (Number(micros) / 1e6), failed: Number(failed), p99Ms: Number(p99) / 1000 };
  });
}

function* runAutocannon({ port, hostnames, seconds, connections }: Load): Operation<Sample> {
  const program = new URL("./programs/autocannon-load.ts", import.meta.url);
  return yield* scoped(() => useProgram<Sample>(program, [port, hostnames, seconds, connections]));
}

function* asVoid(operation: () => Operation<unknown>): Operation<void> {
  yield* operation();
}
