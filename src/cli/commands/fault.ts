import type { Operation } from "effection";
import { toSpan } from "../../base/duration.ts";
import type { FaultRow } from "../client/api-types.ts";
import { toName } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { UsageError } from "../exit-codes.ts";
import { type ParsedOptions, toChoice } from "../parsed-options.ts";
import { note, print, printJson, printTable } from "../terminal/print.ts";
import type { Column } from "../terminal/table.ts";

const KINDS = ["latency", "status", "refuse", "abort", "cut", "slow-body", "unhealthy"] as const;
type Kind = (typeof KINDS)[number];

/** Without these a fault of that kind says nothing. */
const NEEDED: Partial<Record<Kind, string>> = {
  latency: "ms",
  status: "status",
  cut: "after-bytes",
  "slow-body": "bytes-per-second",
};

/** A number alone is so many milliseconds. */
const BARE = { bare: true };

const COLUMNS: readonly Column<FaultRow>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "NAME", of: ({ hostname }) => hostname, least: 8 },
  { title: "KIND", of: ({ kind }) => kind },
  { title: "FOR", of: ({ remainingMs }) => (remainingMs === null ? "ever" : toSpan(remainingMs)) },
  { title: "HOW", of: toDetails, least: 8, optional: 1 },
];

export const fault: Command = {
  name: "fault",
  args: ["NAME", "[KIND]"],
  summary: "make requests of it fail, on purpose",
  details: [
    "fault list           lists what goes wrong",
    "fault remove ID      lets it be; fault remove all, all of it",
    "fault NAME KIND      begins one; NAME may be '*', for every name",
    "",
    "KIND is latency (--ms), status (--status), refuse, abort, cut (--after-bytes),",
    "slow-body (--bytes-per-second) or unhealthy.",
  ],
  options: {
    ms: { value: "TIME", help: "how much later: latency; 300 is 300ms" },
    jitter: { value: "TIME", help: "and up to so much more: latency" },
    status: { value: "NUMBER", help: "what to answer with: status" },
    "after-bytes": { value: "NUMBER", help: "how much of the body still comes: cut" },
    "bytes-per-second": { value: "NUMBER", help: "how fast the body comes: slow-body" },
    method: { value: "METHOD", help: "only requests with this method" },
    path: { value: "PATH", help: "only this path; * stands for anything" },
    percentage: { value: "NUMBER", help: "so many of a hundred", default: "100" },
    first: { value: "NUMBER", help: "only the first so many" },
    for: { value: "TIME", help: "for so long", default: "until it is removed" },
    ...CLIENT_OPTIONS,
  },
  *run([name = "", kind], options): Operation<void> {
    if (name === "list" && kind === undefined) yield* list(options);
    else if (name === "remove" && !isKind(kind)) yield* remove(kind, options);
    else yield* begin(name, toChoice("KIND", kind ?? "", KINDS), options);
  },
};

function* list(options: ParsedOptions): Operation<void> {
  const api = yield* useApi(options);
  const found = yield* api.get<{ faults: FaultRow[] }>("api/faults");
  if (options.flag("json")) yield* printJson(found);
  else if (found.faults.length > 0) yield* printTable(COLUMNS, found.faults);
  else note("no fault is set; switchboard help fault says how");
}

function* remove(id: string | undefined, options: ParsedOptions): Operation<void> {
  if (id === undefined) throw new UsageError("fault remove needs the ID of a fault, or all; fault list has them");
  const api = yield* useApi(options);
  const { faults } = yield* api.get<{ faults: FaultRow[] }>("api/faults");
  const removed = id === "all" ? faults : [{ id }];
  for (const fault of removed) yield* api.send("DELETE", `api/faults/${encodeURIComponent(fault.id)}`);
  if (options.flag("json")) yield* printJson({ removed: removed.map((fault) => fault.id) });
  else
    yield* print(
      `removed ${removed.length === 0 ? "none: there was none" : removed.map((fault) => fault.id).join(", ")}\n`,
    );
}

function* begin(name: string, kind: Kind, options: ParsedOptions): Operation<void> {
  const needed = NEEDED[kind];
  if (needed !== undefined && options.text(needed) === undefined)
    throw new UsageError(`fault NAME ${kind} needs --${needed}`);
  const whole = (option: string) => options.number(option, Number.MAX_SAFE_INTEGER);
  const asked = {
    hostname: name === "*" ? name : toName(name),
    kind,
    ms: options.ms("ms", BARE),
    jitterMs: options.ms("jitter", BARE),
    status: options.number("status", 599, 400),
    afterBytes: whole("after-bytes"),
    bytesPerSecond: whole("bytes-per-second"),
    method: options.text("method"),
    path: options.text("path"),
    percentage: options.number("percentage", 100),
    first: whole("first"),
    durationMs: options.ms("for"),
  };
  const api = yield* useApi(options);
  const made = yield* api.send<FaultRow>("POST", "api/faults", asked);
  if (options.flag("json")) yield* printJson(made);
  else yield* printTable(COLUMNS, [made]);
}

function isKind(kind: string | undefined): kind is Kind {
  return KINDS.some((known) => known === kind);
}

/** Everything else that the fault says. */
export function toDetails({ id, hostname, kind, remainingMs, durationMs, ...more }: FaultRow): string {
  return Object.entries(more)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(", ");
}
