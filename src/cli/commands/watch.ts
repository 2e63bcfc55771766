import type { Operation } from "effection";
import type { ApiClient, Query } from "../client/api-client.ts";
import type { EventRow, RequestRow } from "../client/api-types.ts";
import { follow } from "../client/follow.ts";
import { toName } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command, type OptionSpec } from "../command.ts";
import { UsageError } from "../exit-codes.ts";
import type { ParsedOptions } from "../parsed-options.ts";
import { note, printJson, printTable } from "../terminal/print.ts";
import type { Column } from "../terminal/table.ts";
import { EVENT_COLUMNS, REQUEST_COLUMNS } from "./rows.ts";

/** As the API has them. */
const OUTCOMES = ["served", "refused", "failed", "timed-out", "client-gone", "cut"] as const;

const FOLLOW: Readonly<Record<string, OptionSpec>> = {
  follow: { short: "f", help: "go on with what comes, until Ctrl-C" },
  limit: { value: "NUMBER", short: "n", help: "so many of the last", default: "50, with -f 10" },
};

export const events: Command = {
  name: "events",
  args: [],
  summary: "what happened to servers; -f goes on",
  options: {
    ...FOLLOW,
    host: { value: "NAME", help: "only of this name" },
    type: { value: "TYPE", help: "only of this type, such as started or error" },
    ...CLIENT_OPTIONS,
  },
  *run(_args, options): Operation<void> {
    const query = { hostname: toHost(options), type: options.text("type") };
    yield* watch<EventRow>("events", query, EVENT_COLUMNS, options);
  },
};

export const requests: Command = {
  name: "requests",
  args: [],
  summary: "which requests came, and how they went; -f goes on",
  options: {
    ...FOLLOW,
    host: { value: "NAME", help: "only of this name" },
    status: { value: "STATUS", help: "only with this status, such as 404 or 5xx" },
    method: { value: "METHOD", help: "only with this method" },
    path: { value: "TEXT", help: "only with this in their path" },
    slow: { value: "TIME", help: "only those that took so long" },
    outcome: { value: "OUTCOME", help: ["only those that ended so:", `${OUTCOMES.join(", ")}`] },
    since: { value: "TIME", help: "only those of so long ago, such as 10m" },
    id: { value: "ID", help: "the one with this X-Request-Id" },
    ...CLIENT_OPTIONS,
  },
  *run(_args, options): Operation<void> {
    const since = options.ms("since");
    const query = {
      hostname: toHost(options),
      status: toStatus(options.text("status")),
      method: options.text("method"),
      path: options.text("path"),
      minMs: options.ms("slow"),
      outcome: options.choice("outcome", OUTCOMES),
      since: since === undefined ? undefined : new Date(Date.now() - since).toISOString(),
      id: options.text("id"),
    };
    yield* watch<RequestRow>("requests", query, REQUEST_COLUMNS, options);
  },
};

function toHost(options: ParsedOptions): string | undefined {
  const host = options.text("host");
  return host === undefined ? undefined : toName(host);
}

function toStatus(status: string | undefined): string | undefined {
  if (status === undefined || /^[1-5](?:\d\d|xx)$/.test(status)) return status;
  throw new UsageError(
    `--status must be a status such as 404, or a class of them such as 5xx, got ${JSON.stringify(status)}`,
  );
}

/** Prints the last of them, the newest at the end, and with `--follow` those that come. */
function* watch<T extends EventRow | RequestRow>(
  what: "events" | "requests",
  query: Query,
  columns: readonly Column<T>[],
  options: ParsedOptions,
): Operation<void> {
  const follows = options.flag("follow") ?? false;
  const asJson = options.flag("json") ?? false;
  const limit = options.number("limit", 1_000) ?? (follows ? 10 : 50);
  const api = yield* useApi(options);
  const page = yield* lastOf<T>(api, what, query, limit);
  const rows = page[what].toReversed();
  if (!follows) {
    if (asJson) yield* printJson(page);
    else if (rows.length > 0) yield* printTable(columns, rows);
    else note(nothing(what, query));
    return;
  }
  const stream = yield* api.stream(`api/${what}`, query, page.last);
  const show = function* (rows: readonly T[]): Operation<void> {
    if (!asJson) yield* printTable(columns, rows, false);
    else for (const row of rows) yield* printJson(row);
  };
  if (!asJson) yield* printTable(columns, []);
  yield* show(rows);
  yield* follow(api, stream, (data) => show([data as T]));
}

/** Why there is nothing to print. */
function nothing(what: string, query: Query): string {
  const isAll = Object.values(query).every((value) => value === undefined);
  return isAll ? `there are no ${what} yet` : `none of the ${what} that are kept fits; switchboard ${what} shows all`;
}

type Page<T> = Record<"events" | "requests", T[]> & { last: number };

function* lastOf<T>(api: ApiClient, what: string, query: Query, limit: number): Operation<Page<T>> {
  const page = yield* api.get<Page<T>>(`api/${what}`, { ...query, limit: Math.max(1, limit) });
  return limit === 0 ? { ...page, [what]: [] } : page;
}
