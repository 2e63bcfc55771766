import { readdirSync } from "node:fs";
import type { Family, Sample } from "./family.ts";

/** The metrics of this process, as prom-client names them: existing dashboards know them. */
export function processFamilies(): Family[] {
  const startedAt = Date.now() / 1_000 - process.uptime();
  const gauge = (name: string, help: string, samples: () => Sample[]): Family => ({
    name,
    help,
    type: "gauge",
    samples,
  });
  return [
    {
      name: "process_cpu_seconds_total",
      help: "How many seconds of processor time the process has used, in user and in system mode.",
      type: "counter",
      samples: () => {
        const { user, system } = process.cpuUsage();
        return one((user + system) / 1e6);
      },
    },
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", () => one(startedAt)),
    gauge("process_resident_memory_bytes", "How much memory of the machine the process has.", () =>
      one(process.memoryUsage.rss()),
    ),
    gauge("process_open_fds", "How many file descriptors are open; on Linux.", openFiles),
    gauge("nodejs_heap_size_total_bytes", "How large the heap of JavaScript is.", () =>
      one(process.memoryUsage().heapTotal),
    ),
    gauge("nodejs_heap_size_used_bytes", "How much of the heap of JavaScript is in use.", () =>
      one(process.memoryUsage().heapUsed),
    ),
    gauge("nodejs_external_memory_bytes", "How much memory outside the heap JavaScript objects have.", () =>
      one(process.memoryUsage().external),
    ),
    gauge("nodejs_active_resources", "How many resources keep the event loop alive, by their type.", activeResources),
    gauge("nodejs_version_info", "The version of Node.js; always 1.", () => [
      { labels: { version: process.version }, value: 1 },
    ]),
  ];
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function openFiles(): Sample[] {
  if (process.platform !== "linux") return [];
  try {
    return one(readdirSync("/proc/self/fd").length - 1); // but the one that reads
  } catch {
    return []; // where /proc is not mounted, or no descriptor is left to read it with
  }
}

function activeResources(): Sample[] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Array.from(counts, ([type, value]) => ({ labels: { type }, value }));
}
