import { z } from "zod";
import type { RequestRecord } from "../../base/request-record.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Feed, type FeedBatch, type RowTexts } from "../feed.ts";
import { LiveServices } from "../live-services.ts";
import { LogFeed } from "../log-feed.ts";
import { Hostname } from "../schemas/common.ts";
import type { ControlSource } from "../source.ts";
import { type EventStream, type Streams, toText } from "../streams.ts";
import type { JournalTexts } from "./journal-texts.ts";

/** A page shows so many at most at once. */
const MOST_REQUESTS = 100;

const DESCRIPTION = `For pages: everything in one stream, because a browser has few connections for a host. Its events:

- \`hello\`: \`{ version }\`, first.
- \`services\`: once a second, \`{ full, total, services, gone, overview }\`. With \`full\` it has all services: the first time, and when this reader was too slow. Else those that have changed; \`gone\` has the names of those that are no more.
- \`event\`: an EventRow.
- \`lost\`: \`{ lost }\`, how many events this reader was too slow for.

With \`hostname\` also, four times a second at most:

- \`requests\`: \`{ requests, lost }\`, up to 100 of its requests that are over.
- \`log\`: \`{ lines, lost }\`, what its app has printed. A line that is not complete comes again as it grows, with the same \`seq\`.`;

/** One stream for a whole page. */
export function liveEndpoints(
  source: ControlSource,
  streams: Streams,
  texts: JournalTexts,
  version: string,
): Endpoint[] {
  const services = new LiveServices(source);
  return [
    endpoint({
      method: "get",
      path: "/api/live",
      tag: "live",
      summary: "Everything that changes, as Server-Sent Events",
      description: DESCRIPTION,
      access: "read",
      query: z.strictObject({ hostname: Hostname.optional() }),
      status: 200,
      contentType: "text/event-stream",
      handle({ query: { hostname }, response }) {
        const stream = streams.open(response);
        const events = new Feed(texts.events, undefined);
        const one = hostname === undefined ? undefined : follow(source, texts.requests, hostname);
        let told = Number.NaN;
        stream.onTick = () => {
          const moment = services.latest();
          if (moment.number !== told) stream.write(moment.number === told + 1 ? moment.changes : moment.all());
          told = moment.number;
          const batch = events.take(streams.share);
          if (batch !== undefined) stream.write(toEvents("event", batch));
          one?.tell(stream, Math.min(MOST_REQUESTS, streams.share));
        };
        stream.onClose = () => one?.close();
        stream.send("hello", { version });
        stream.tick();
        return undefined;
      },
    }),
  ];
}

/** Records as an event each, with its number as the id. */
export function toEvents(event: string, { rows, lost }: FeedBatch): string {
  const first = lost === 0 ? "" : toText("lost", JSON.stringify({ lost }));
  return first + rows.map(({ seq, json }) => toText(event, json, seq)).join("");
}

/** Follows one hostname. */
function follow(
  { pool }: ControlSource,
  texts: RowTexts<RequestRecord>,
  hostname: string,
): { tell(stream: EventStream, limit: number): void; close(): void } {
  const requests = new Feed(texts, (record) => record.hostname === hostname);
  const log = new LogFeed(pool, hostname);
  return {
    tell(stream, limit) {
      const batch = requests.take(limit);
      const rows = batch?.rows.map(({ json }) => json).join();
      if (batch !== undefined) stream.write(toText("requests", `{"requests":[${rows}],"lost":${batch.lost}}`));
      const printed = log.take();
      if (printed !== undefined) stream.send("log", printed);
    },
    close: () => log.close(),
  };
}
