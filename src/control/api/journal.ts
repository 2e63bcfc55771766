import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { RequestRecord } from "../../base/request-record.ts";
import type { EventRecord } from "../../observe/event-record.ts";
import type { Journal, JournalQuery, Numbered } from "../../observe/journal.ts";
import { createRequestFilter, type RequestFilter } from "../../observe/request-filter.ts";
import type { LogLine } from "../../server/log-ring.ts";
import { notFound } from "../control-error.ts";
import { type Endpoint, type EndpointInput, endpoint } from "../endpoint.ts";
import { toEventRow } from "../event-rows.ts";
import type { AnyEvent } from "../event-text.ts";
import { Feed, type RowTexts } from "../feed.ts";
import { LogFeed } from "../log-feed.ts";
import { Hostname, queryInteger } from "../schemas/common.ts";
import { EventList, LogList, OUTCOMES, RequestList } from "../schemas/journal.ts";
import { takeSnapshot } from "../service-rows.ts";
import type { ControlSource } from "../source.ts";
import { type Streams, toText } from "../streams.ts";
import { type JournalTexts, toRequestRow } from "./journal-texts.ts";
import { toEvents } from "./live.ts";

const MOST = Number.MAX_SAFE_INTEGER;

const page = {
  limit: queryInteger(1, 1_000, "At most so many. 100 unless it is given."),
  before: queryInteger(1, MOST, "Only those before this number: the `next` of the page before."),
};

const RequestQuery = z.strictObject({
  hostname: Hostname.optional(),
  status: z
    .string()
    .regex(/^([1-5]\d\d|[1-5]xx)$/, "a status such as 404, or a class such as 5xx")
    .optional()
    .describe("A status such as 404, or a class such as 5xx."),
  method: z
    .string()
    .regex(/^[A-Za-z-]{1,32}$/, "a method such as GET")
    .optional(),
  path: z.string().max(512).optional().describe("Text that is somewhere in the target."),
  minMs: z.coerce.number<string>().min(0).optional().describe("Which took at least so long."),
  outcome: z.enum(OUTCOMES).optional(),
  since: z
    .union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{1,16}$/)])
    .optional()
    .describe("Which arrived at this time or later: as ISO 8601, or in milliseconds since 1970."),
  id: z.string().max(200).optional().describe("The one with this `X-Request-Id`."),
  ...page,
});

const EventQuery = z.strictObject({
  hostname: Hostname.optional(),
  type: z.string().max(64).optional().describe("Of this type, such as `started`."),
  ...page,
});

const HostnameParams = z.strictObject({ hostname: Hostname });

/** What has happened: requests, events and output. */
export function journalEndpoints(source: ControlSource, streams: Streams, texts: JournalTexts): Endpoint[] {
  const { requests, events } = source.observation;
  const stream = <T extends Numbered>(
    { request, response }: Pick<EndpointInput<never, never, never>, "request" | "response">,
    event: string,
    rows: RowTexts<T>,
    matches: (record: T) => boolean,
  ) => {
    const feed = new Feed(rows, matches, lastEventId(request));
    const open = streams.open(response);
    open.onTick = () => {
      const batch = feed.take(streams.share);
      if (batch !== undefined) open.write(toEvents(event, batch));
    };
    open.tick();
  };
  return [
    endpoint({
      method: "get",
      path: "/api/requests",
      tag: "journal",
      summary: "Requests that are over, the newest first",
      access: "read",
      query: RequestQuery,
      status: 200,
      answer: RequestList,
      handle({ query }) {
        const { records, ...rest } = pageOf(requests, { ...query, matches: requestFilter(query) });
        return { requests: records.map(toRequestRow), ...rest };
      },
      stream: {
        summary: "`event: request` for each from now on, or since `Last-Event-ID`; `event: lost` for a slow reader.",
        handle: (input) => stream(input, "request", texts.requests, requestFilter(input.query)),
      },
    }),
    endpoint({
      method: "get",
      path: "/api/events",
      tag: "journal",
      summary: "What has happened, the newest first",
      access: "read",
      query: EventQuery,
      status: 200,
      answer: EventList,
      handle({ query }) {
        const { records, ...rest } = pageOf(events, { ...query, matches: eventFilter(query) });
        return { events: records.map(toEventRow), ...rest };
      },
      stream: {
        summary: "`event: event` for each from now on, or since `Last-Event-ID`; `event: lost` for a slow reader.",
        handle: (input) => stream(input, "event", texts.events, eventFilter(input.query)),
      },
    }),
    endpoint({
      method: "get",
      path: "/api/logs/{hostname}",
      tag: "journal",
      summary: "What an app has printed last, the oldest line first",
      description:
        "Of apps in threads and commands. Up to 1,000 lines are kept, and 20 of a start or run that has failed. Each has a number, `seq`, by which what streams tell can be joined to it.",
      access: "read",
      params: HostnameParams,
      query: z.strictObject({ lines: queryInteger(1, 1_000, "At most so many. 100 unless it is given.") }),
      status: 200,
      answer: LogList,
      errors: [404],
      handle({ params: { hostname }, query: { lines = 100 } }) {
        const printed = source.pool.log(hostname);
        if (printed.length === 0 && !isKnown(source, hostname)) throw noSuchService(source, hostname);
        return { hostname, from: printerOf(source, hostname), lines: printed.slice(-lines) };
      },
      stream: {
        summary:
          "`event: log` for each line from now on, or since `Last-Event-ID`, however often the app is started. A line that is not complete has no id, and comes again as it grows, with the same `seq`. `event: lost` for a slow reader.",
        handle({ params: { hostname }, request, response }) {
          const open = streams.open(response);
          const log = new LogFeed(source.pool, hostname, lastEventId(request));
          open.onTick = () => {
            const batch = log.take();
            if (batch === undefined) return;
            if (batch.lost > 0) open.send("lost", { lost: batch.lost });
            open.write(batch.lines.map(toLogText).join(""));
          };
          open.onClose = () => log.close();
          open.tick();
        },
      },
    }),
  ];
}

/** Whoever is cut off goes on after the last line that was complete: of another one, the end would be missing. */
function toLogText(line: LogLine): string {
  return toText("log", JSON.stringify(line), line.complete ? line.seq : undefined);
}

/** Whose lines `pool.log` has. */
function printerOf({ pool }: ControlSource, hostname: string): LogList["from"] {
  if (pool.inspect().servers.some((row) => row.hostname === hostname)) return "server";
  return pool.failures().some((row) => row.hostname === hostname) ? "failure" : null;
}

/** Nothing is known of this hostname any more; where there is an app for it, all that is missing is a request. */
export function noSuchService({ services, url }: ControlSource, hostname: string): Error {
  const code = "SERVICE_NOT_FOUND";
  if (!services.serves(hostname))
    return notFound(code, `there is no service "${hostname}"; GET /api/services lists them`, { hostname });
  const address = url(hostname);
  const detail = `"${hostname}" has no server now; a request to ${address} starts it`;
  return notFound(code, detail, { hostname, url: address });
}

/** Whether anything is known of this hostname. */
export function isKnown(source: ControlSource, hostname: string): boolean {
  return takeSnapshot(source).has(hostname);
}

function pageOf<T extends Numbered>(
  journal: Journal<T>,
  { matches, limit, before }: JournalQuery<T>,
): { records: T[]; next: number | null; dropped: number; last: number } {
  const { records, next } = journal.query({ matches, limit, before });
  return { records, next: next ?? null, dropped: journal.dropped, last: journal.last };
}

function requestFilter(query: z.output<typeof RequestQuery>): (record: RequestRecord) => boolean {
  const { status, since, limit: _limit, before: _before, ...filter } = query;
  const isClass = status?.endsWith("xx") === true;
  return createRequestFilter({
    ...filter,
    status: isClass ? (status as RequestFilter["status"]) : status === undefined ? undefined : Number(status),
    since: since === undefined ? undefined : /^\d+$/.test(since) ? Number(since) : Date.parse(since),
  });
}

function eventFilter({ hostname, type }: z.output<typeof EventQuery>): (record: EventRecord) => boolean {
  return ({ event }) => {
    const { type: ownType, hostname: ownHostname } = event as AnyEvent;
    return (type === undefined || ownType === type) && (hostname === undefined || ownHostname === hostname);
  };
}

/** Where a reader that was cut off goes on. */
function lastEventId({ headers }: IncomingMessage): number | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
