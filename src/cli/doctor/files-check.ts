import type { Check } from "./check.ts";

/** What Node itself, the modules of apps and their watchers have open. */
const FOR_ITSELF = 100;
/** A server listens, and a command has its pipes; forwarding adds a connection or two. */
const FOR_EACH_SERVER = 6;
/** Connections of clients, as a busy page or a small load test makes them. */
const FOR_CLIENTS = 500;

/** Whether a switchboard may open as many files and sockets as `maxServers` servers need. */
export function checkFiles(maxServers: number, limit: number | undefined = openFiles()): Check {
  const least = FOR_ITSELF + maxServers * FOR_EACH_SERVER;
  const wanted = least + FOR_CLIENTS;
  const name = "open files";
  if (limit === undefined) return { name, status: "ok", detail: "without a limit here" };
  const detail = `at most ${limit}; ${maxServers} servers and ${FOR_CLIENTS} clients at once need about ${wanted}`;
  if (limit >= wanted) return { name, status: "ok", detail };
  const advice = `raise it with ulimit -n ${wanted} (in a service: LimitNOFILE=${wanted}), or lower --max-servers`;
  return { name, status: limit >= least ? "warn" : "fail", detail, advice };
}

/** The limit of this process: Node has raised it as far as it may, as it does for a switchboard. */
function openFiles(): number | undefined {
  const report = process.report?.getReport() as unknown as Report | undefined;
  const { soft } = report?.userLimits?.open_files ?? {};
  return typeof soft === "number" ? soft : undefined;
}

interface Report {
  userLimits?: { open_files?: { soft: number | string } };
}
