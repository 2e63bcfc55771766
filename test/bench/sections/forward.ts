import { type Operation, scoped } from "effection";
import { type Listening, useDirectServer, useForwardProgram, useHttpProxy } from "../fronts.ts";
import { warmUp } from "../load.ts";
import { useProgram } from "../process.ts";
import type { Bulk } from "../programs/bulk-load.ts";
import { installedProxies, useProxy } from "../proxies.ts";
import { type Contestant, compare, median, type Rate } from "../rounds.ts";
import type { Bench, Figure, Section } from "../section.ts";

const program = (name: string) => new URL(`../programs/${name}.ts`, import.meta.url);

/** What it costs that a server is in another process. */
export const forward: Section = {
  name: "forward",
  title: "A bare handler in another process, forwarded to",
  *run(bench) {
    const latencies = new Map<string, number[]>();
    const notes = new Set<string>();
    const rates = yield* compare(() => useContestants(bench, latencies, notes), bench.settings.schedule);
    const p99 = [...latencies].map(([name, ms]) => ({ name: `p99, ${name}`, value: median(ms), unit: "ms" }));
    const bulk = yield* scoped(() => measureBulk(bench.settings.bulkBytes));
    const figures = [...ofOthers(rates), ...p99, ...bulk];
    return { columns: ["requests/s", "of direct"], rates, figures, notes: [...notes] };
  },
};

function* useContestants(
  { settings, tool, directory }: Bench,
  latencies: Map<string, number[]>,
  notes: Set<string>,
): Operation<Contestant[]> {
  const { seconds, connections, warmUpMs } = settings;
  const direct = yield* useDirectServer("handler");
  const upstream = yield* useDirectServer("handler");
  const fronts: [string, { port: number }][] = [
    ["direct", direct],
    ["forwarded", yield* useForwardProgram(upstream.port)],
    ["a pipe of sockets", yield* usePipe(upstream.port)],
    ["http-proxy, keep-alive agent", yield* useHttpProxy("keep-alive", upstream.port)],
  ];
  for (const name of installedProxies()) {
    try {
      fronts.push([name, { port: yield* useProxy(name, upstream.port, directory) }]);
    } catch (error) {
      notes.add(`without ${name}: ${(error as Error).message}`);
    }
  }
  return fronts.map(([name, { port }]) => {
    const load = { port, hostnames: 1, seconds, connections };
    return {
      name,
      warmUp: () => warmUp(tool, load, warmUpMs),
      *measure() {
        const sample = yield* tool.run(load);
        latencies.set(name, [...(latencies.get(name) ?? []), sample.p99Ms ?? Number.NaN]);
        return sample;
      },
    };
  });
}

/** The least that any front in JavaScript does: it reads and writes, and looks at nothing. */
function usePipe(upstream: number): Operation<Listening> {
  return useProgram<Listening>(program("pipe"), [upstream]);
}

/** Forwarding compared with every other front: all were measured in the same rounds. */
function ofOthers(rates: readonly Rate[]): Figure[] {
  const ours = rates.find(({ name }) => name === "forwarded")?.rounds ?? [];
  return rates
    .filter(({ name }) => name !== "direct" && name !== "forwarded")
    .map(({ name, rounds }) => ({
      name: `forwarded, of ${name.split(",", 1)[0]}`,
      value: median(ours.map((rate, i) => rate / (rounds[i] ?? Number.NaN))),
      unit: "x",
    }));
}

function* measureBulk(bytes: number): Operation<Figure[]> {
  const server = yield* useProgram<Listening>(program("bulk-server"), []);
  const front = yield* useForwardProgram(server.port);
  const pipe = yield* usePipe(server.port);
  // Each way once for the compiler, and so that the memory of a front that has worked is the one it is compared with.
  for (const { port, pid } of [server, front, pipe]) yield* load(port, bytes / 8, pid);
  const direct = yield* load(server.port, bytes, server.pid);
  const through = yield* load(front.port, bytes, front.pid);
  const piped = yield* load(pipe.port, bytes, pipe.pid);
  return [
    { name: "large body down", value: through.downPerSecond, unit: "MB/s" },
    { name: "large body down, of direct", value: through.downPerSecond / direct.downPerSecond, unit: "x" },
    { name: "large body down, a pipe of sockets", value: piped.downPerSecond / direct.downPerSecond, unit: "x" },
    { name: "large body up", value: through.upPerSecond, unit: "MB/s" },
    { name: "large body up, of direct", value: through.upPerSecond / direct.upPerSecond, unit: "x" },
    { name: "large body up, a pipe of sockets", value: piped.upPerSecond / direct.upPerSecond, unit: "x" },
    { name: "memory above idle", value: through.aboveIdle, unit: "MiB" },
  ];
}

function load(port: number, bytes: number, pid: number): Operation<Bulk> {
  return scoped(() => useProgram<Bulk>(program("bulk-load"), [port, bytes, pid]));
}
