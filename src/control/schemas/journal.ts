import { z } from "zod";
import { component } from "./common.ts";

/** One request that is over. */
export interface RequestRow {
  seq: number;
  id: string;
  time: string;
  client: string;
  hostname?: string | undefined;
  kind?: "inline" | "thread" | "command" | "remote" | undefined;
  port?: number | undefined;
  replica?: number | undefined;
  method: string;
  path: string;
  upgrade: boolean;
  status?: number | undefined;
  outcome?: "served" | "refused" | "failed" | "timed-out" | "client-gone" | "cut" | undefined;
  code?: string | undefined;
  fault?: string | undefined;
  bytesIn: number;
  bytesOut: number;
  durationMs: number;
  timings: {
    queuedMs: number;
    faultMs: number;
    startingMs: number;
    connectingMs: number;
    firstByteMs: number;
    bodyMs: number;
  };
}

/** How a request ended. */
export const OUTCOMES = ["served", "refused", "failed", "timed-out", "client-gone", "cut"] as const;

export const RequestRow: z.ZodType<RequestRow> = component(
  "RequestRow",
  z
    .object({
      seq: z.number().int().describe("Its place in the journal: from 1, growing by one."),
      id: z.string().describe("What `X-Request-Id` says of it."),
      time: z.iso.datetime().describe("When it arrived."),
      client: z.string(),
      hostname: z.string().optional(),
      kind: z.enum(["inline", "thread", "command", "remote"]).optional(),
      port: z.number().int().optional(),
      replica: z.number().int().optional(),
      method: z.string(),
      path: z.string().describe("The target, query included, up to 512 characters."),
      upgrade: z.boolean(),
      status: z.number().int().optional(),
      outcome: z.enum(OUTCOMES).optional(),
      code: z.string().optional().describe("That of the problem the switchboard has answered with."),
      fault: z.string().optional().describe("The kind of the fault that struck it."),
      bytesIn: z.number(),
      bytesOut: z.number(),
      durationMs: z.number(),
      timings: z
        .object({
          queuedMs: z.number(),
          faultMs: z.number().describe("A delay that a fault has added."),
          startingMs: z.number(),
          connectingMs: z.number(),
          firstByteMs: z.number(),
          bodyMs: z.number(),
        })
        .describe("Where its time went: one part after the other, together the whole."),
    })
    .meta({
      description: "One request that is over.",
      examples: [
        {
          seq: 4_711,
          id: "0b7e8d7c-0f3a-4a53-9b0e-2f7c5a1d9e44",
          time: "2026-01-31T12:00:00.000Z",
          client: "127.0.0.1",
          hostname: "shop",
          kind: "thread",
          port: 3001,
          replica: 1,
          method: "GET",
          path: "/cart?page=2",
          upgrade: false,
          status: 200,
          outcome: "served",
          bytesIn: 310,
          bytesOut: 5_120,
          durationMs: 7.25,
          timings: { queuedMs: 0.1, faultMs: 0, startingMs: 0, connectingMs: 0.4, firstByteMs: 6, bodyMs: 0.75 },
        },
      ],
    }),
);

/** A page of requests, the newest first. */
export interface RequestList {
  requests: RequestRow[];
  next: number | null;
  dropped: number;
  last: number;
}

const page = {
  next: z.number().int().nullable().describe("The `before` of the next page; null when nothing older fits."),
  dropped: z.number().int().describe("How many have fallen out of the journal."),
  last: z.number().int().describe("The number of the newest record."),
};

export const RequestList: z.ZodType<RequestList> = component(
  "RequestList",
  z.object({ requests: z.array(RequestRow), ...page }),
);

/** Something that has happened. The fields of the event stand beside these. */
export interface EventRow {
  seq: number;
  time: string;
  type: string;
  hostname: string | null;
  text: string;
  [field: string]: unknown;
}

export const EventRow: z.ZodType<EventRow> = component(
  "EventRow",
  z
    .looseObject({
      seq: z.number().int(),
      time: z.iso.datetime(),
      type: z.string().meta({ examples: ["started", "stopped", "error"] }),
      hostname: z.string().nullable(),
      text: z.string().describe("What has happened, in one sentence."),
    })
    .describe(
      "Something that has happened. The fields of the event stand beside these; errors as name, message, code.",
    ),
);

/** A page of events, the newest first. */
export interface EventList {
  events: EventRow[];
  next: number | null;
  dropped: number;
  last: number;
}

export const EventList: z.ZodType<EventList> = component("EventList", z.object({ events: z.array(EventRow), ...page }));

/** One line that an app has printed. */
export interface LogRow {
  seq: number;
  stream: "stdout" | "stderr";
  text: string;
  complete: boolean;
}

export const LogRow: z.ZodType<LogRow> = component(
  "LogRow",
  z.object({
    seq: z
      .number()
      .int()
      .describe(
        "Its number. Those of a hostname grow, in the order in which lines begin; a line that grows keeps its own.",
      ),
    stream: z.enum(["stdout", "stderr"]),
    text: z.string(),
    complete: z
      .boolean()
      .describe("Whether its newline has come. In a stream, one that has not is sent again as it grows."),
  }),
);

/** What an app has printed last, the oldest line first. */
export interface LogList {
  hostname: string;
  from: "server" | "failure" | null;
  lines: LogRow[];
}

export const LogList: z.ZodType<LogList> = component(
  "LogList",
  z.object({
    hostname: z.string(),
    from: z
      .enum(["server", "failure"])
      .nullable()
      .describe(
        "Whose lines these are: of the server that is there, or, when there is none, of its last start or run, which has failed. Null when there is neither.",
      ),
    lines: z.array(LogRow),
  }),
);
