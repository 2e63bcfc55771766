import type { Operation } from "effection";
import { toSpan, toTime } from "../../base/duration.ts";
import { count } from "../../base/listing.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { FaultRow, Service } from "../client/api-types.ts";
import { servicePath } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { note, printFields, printJson, printTable } from "../terminal/print.ts";
import { printable, printableLines, printableLog } from "../terminal/printable.ts";
import { toDetails } from "./fault.ts";
import { SERVICE_COLUMNS, toErrors, toFew, toMs, toWord } from "./rows.ts";

const STATES = ["running", "starting", "stopping", "backing-off", "failed", "stopped"] as const;

/** As many as one page can have. */
const PAGE = 1_000;

export const ls: Command = {
  name: "ls",
  args: [],
  summary: "which names there are, and how they are",
  options: {
    search: { value: "TEXT", help: "only names with this in them" },
    state: {
      value: "STATE",
      help: [`only these: ${STATES.join(", ")};`, "failed are all that do not run because they failed"],
    },
    ...CLIENT_OPTIONS,
  },
  *run(_args, options): Operation<void> {
    const query = { search: options.text("search"), state: options.choice("state", STATES) };
    const api = yield* useApi(options);
    const services = yield* allServices(api, query);
    if (options.flag("json")) yield* printJson({ services, total: services.length });
    else if (services.length > 0) yield* printTable(SERVICE_COLUMNS, services);
    else note(NO_NAMES[query.search === undefined && query.state === undefined ? "all" : "some"]);
  },
};

const NO_NAMES = {
  all: "there is no name yet; a request starts one",
  some: "no name fits; switchboard ls lists all",
};

function* allServices(api: ApiClient, query: Record<string, string | undefined>): Operation<Service[]> {
  const services: Service[] = [];
  let after: string | undefined;
  do {
    const page: { services: Service[]; next: string | null } = yield* api.get("api/services", {
      ...query,
      limit: PAGE,
      after,
    });
    services.push(...page.services);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return services;
}

export const get: Command = {
  name: "get",
  args: ["NAME"],
  summary: "everything about one name",
  options: CLIENT_OPTIONS,
  *run([name = ""], options): Operation<void> {
    const path = servicePath(name);
    const api = yield* useApi(options);
    yield* printService(api, yield* api.get<Service>(path), options.flag("json"));
  },
};

/** Prints what there is to say of a service. */
export function* printService(api: ApiClient, service: Service, asJson: boolean | undefined): Operation<void> {
  if (asJson) return yield* printJson(service);
  const { faults } = service.faults === 0 ? NO_FAULTS : yield* api.get<typeof NO_FAULTS>("api/faults");
  const own = faults.filter(({ hostname }) => hostname === service.hostname || hostname === "*");
  const lines = linesOf(service, own).filter((line): line is [string, string] => line[1] !== undefined);
  yield* printFields(lines, 11);
}

const NO_FAULTS: { faults: FaultRow[] } = { faults: [] };

function linesOf(service: Service, faults: readonly FaultRow[]): [string, string | undefined][] {
  const errors = toErrors(service);
  const { failure, breaker, stats, uptimeMs, replicas, restarts, port } = service;
  return [
    ["name", printable(service.hostname)],
    ["url", printable(service.url)],
    ["state", `${toWord(service)}${service.pinned ? ", pinned" : ""}`],
    ["waits for", service.waitsFor === null ? undefined : printableLines(service.waitsFor)],
    ["kind", service.kind ?? undefined],
    ["port", port === null ? undefined : String(port)],
    ["up", uptimeMs === null ? undefined : `${toSpan(uptimeMs)}, ${count(restarts, "restart")}`],
    ...replicas.map(({ id, state, health, port, inFlight }): [string, string] => [
      `replica ${id}`,
      [health ?? state, port && `port ${port}`, `${inFlight} in flight`].filter(Boolean).join(", "),
    ]),
    ["busy", `${count(service.inFlight, "request")}, ${count(service.sockets, "socket")}`],
    [
      "last 60 s",
      [`${toFew(stats.requestsPerSecond)} requests/s`, errors && `${errors} errors`].filter(Boolean).join(", ") +
        times(service),
    ],
    ["circuit", breaker === null ? undefined : breaker.state + again(breaker.retryAfterMs)],
    ["faults", faults.length === 0 ? undefined : faults.map(toFaultText).join("\n")],
    ["failure", failure === null ? undefined : `${count(failure.failures, "time")}${again(failure.retryAfterMs)}`],
    ["why", failure === null ? undefined : printableLines(failure.message)],
    ["output", failure?.output.length ? failure.output.map(printableLog).join("\n") : undefined],
  ];
}

/** A fault on one line, with the id that it is removed by. */
function toFaultText(fault: FaultRow): string {
  const details = toDetails(fault);
  const to = fault.hostname === "*" ? ", for every name" : "";
  return printable(`${fault.id}: ${fault.kind}${details === "" ? "" : `, ${details}`}${to}`);
}

function times({ stats: { p50Ms, p95Ms, p99Ms } }: Service): string {
  return toMs(p50Ms) === null ? "" : `, p50 ${toMs(p50Ms)}, p95 ${toMs(p95Ms)}, p99 ${toMs(p99Ms)}`;
}

function again(ms: number | null): string {
  return ms === null || ms === 0 ? "" : `; again in ${toTime(ms)}`;
}
