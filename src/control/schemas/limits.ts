import { z } from "zod";
import { component } from "./common.ts";

/** A circuit breaker. */
export interface Breaker {
  hostname: string;
  state: "closed" | "open" | "half-open";
  retryAfterMs: number | null;
}

export const Breaker: z.ZodType<Breaker> = component(
  "Breaker",
  z.object({
    hostname: z.string(),
    state: z.enum(["closed", "open", "half-open"]),
    retryAfterMs: z.number().nullable().describe("Until probes are let through; null unless that is known."),
  }),
);

/** All circuit breakers that have been asked. */
export interface BreakerList {
  breakers: Breaker[];
}

export const BreakerList: z.ZodType<BreakerList> = component("BreakerList", z.object({ breakers: z.array(Breaker) }));

/** A fault that is set. */
export interface FaultRow {
  id: number;
  kind: string;
  hostname: string;
  remainingMs: number | null;
  left: number | null;
  [field: string]: unknown;
}

export const FaultRow: z.ZodType<FaultRow> = component(
  "FaultRow",
  z
    .looseObject({
      id: z.number().int(),
      kind: z.string(),
      hostname: z.string(),
      remainingMs: z.number().nullable().describe("Until it is over by itself; null for as long as it is set."),
      left: z.number().int().nullable().describe("How often it can strike yet; null without a limit."),
    })
    .describe("A fault that is set, with the fields that it was set with."),
);

/** The faults that are set. */
export interface FaultList {
  faults: FaultRow[];
}

export const FaultList: z.ZodType<FaultList> = component("FaultList", z.object({ faults: z.array(FaultRow) }));

/** What bounds there are, and how full they are. */
export interface Limits {
  servers: { max: number; used: number };
  starts: { max: number; waiting: number };
  pinned: { max: number; used: number };
  requests: { active: number };
  sockets: { active: number };
  concurrency: { hostname: string; max: number; active: number; queue: number; waiting: number }[];
  rateLimits: { limit: number; windowMs: number; by: string; keys: number | null; blocked: number | null }[];
  journal: {
    requests: { size: number; last: number; dropped: number };
    events: { size: number; last: number; dropped: number };
  };
}

const JournalUse = z.object({ size: z.number().int(), last: z.number().int(), dropped: z.number().int() });

export const Limits: z.ZodType<Limits> = component(
  "Limits",
  z
    .object({
      servers: z.object({ max: z.number().int(), used: z.number().int() }).describe("`maxServers`"),
      starts: z.object({ max: z.number().int(), waiting: z.number().int() }).describe("`maxStarts`"),
      pinned: z.object({ max: z.number().int(), used: z.number().int() }),
      requests: z.object({ active: z.number().int() }),
      sockets: z.object({ active: z.number().int() }),
      concurrency: z
        .array(
          z.object({
            hostname: z.string(),
            max: z.number().int(),
            active: z.number().int(),
            queue: z.number().int(),
            waiting: z.number().int(),
          }),
        )
        .describe("Of each hostname that has a limit and has been asked for."),
      rateLimits: z
        .array(
          z.object({
            limit: z.number().int(),
            windowMs: z.number(),
            by: z.string(),
            keys: z.number().int().nullable().describe("Who is remembered: some may not count any more."),
            blocked: z.number().int().nullable().describe("Who is refused altogether, or was until lately."),
          }),
        )
        .describe("`keys` and `blocked` are null where a store elsewhere counts."),
      journal: z.object({ requests: JournalUse, events: JournalUse }),
    })
    .describe("What bounds there are, and how full they are."),
);
