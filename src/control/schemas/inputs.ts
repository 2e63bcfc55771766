import { z } from "zod";
import { Hostname } from "./common.ts";

const text = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[^\0]*$/, "no NUL character");

/** Where an app comes from, and how it is run: as an app of the options is described. */
const app = {
  url: z
    .url({ protocol: /^http$/ })
    .max(2_048)
    .optional()
    .describe("Where somebody else runs it: no path, no query."),
  module: text
    .optional()
    .describe("A JS or TS file whose default export is an app factory, an app or a request listener."),
  command: z
    .union([text, z.array(z.string().max(4_096)).min(1).max(100)])
    .optional()
    .describe(
      "A line for `/bin/sh`, or a program and its arguments. `{port}`, `{host}` and `{hostname}` are replaced.",
    ),
  cwd: text.optional().describe("The directory to run a command in. That of the switchboard unless it is given."),
  env: z
    .record(z.string().max(256), z.string().max(32_768))
    .optional()
    .describe("Variables for the environment of a command or a thread."),
  kind: z.enum(["thread", "inline"]).optional().describe("Where a module runs. In a thread unless it is given."),
  replicas: z
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("How many servers share its requests, unless it is inline."),
  healthPath: z
    .string()
    .max(2_048)
    .regex(/^\/[\x21-\x7e]*$/, "a path such as /healthz")
    .optional()
    .describe("What its health checks ask for. None unless it is given."),
  pinned: z.boolean().optional().describe("Starts it at once, and keeps it."),
};

/** Exactly one of these says where an app comes from. */
export const SOURCES = ["url", "module", "command"] as const;

/** An app for a hostname. */
export interface ServiceInput {
  url?: string | undefined;
  module?: string | undefined;
  command?: string | string[] | undefined;
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  kind?: "thread" | "inline" | undefined;
  replicas?: number | undefined;
  healthPath?: string | undefined;
  pinned?: boolean | undefined;
}

export const ServiceInput: z.ZodType<ServiceInput> = z.strictObject(app).meta({
  description: "Exactly one of `url`, `module` and `command`.",
  examples: [{ command: "npm run dev", cwd: "/home/me/shop" }],
});

/** An app for a hostname that has none. */
export interface NewServiceInput extends ServiceInput {
  name: string;
}

export const NewServiceInput: z.ZodType<NewServiceInput> = z.strictObject({ name: Hostname, ...app }).meta({
  description: "A hostname, and exactly one of `url`, `module` and `command`.",
  examples: [
    { name: "shop", module: "./shop.ts", replicas: 2 },
    { name: "blog", command: "npm run dev", cwd: "/home/me/blog" },
    { name: "docs", url: "http://127.0.0.1:4000" },
  ],
});

const selection = {
  hostname: z
    .string()
    .min(1)
    .max(253)
    .describe("The hostname it strikes, also one that has no server yet; `*` is every one."),
  method: text.optional().describe("Only requests of this method."),
  path: text.optional().describe("Only paths that are this one; `*` stands for anything."),
  percentage: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("Strikes this share of the requests that fit. 100 unless it is given."),
  seed: z.number().optional().describe("Makes the choice of `percentage`, and any jitter, the same each time."),
  first: z.number().int().min(0).optional().describe("Strikes only so often."),
  durationMs: z
    .number()
    .min(0)
    .optional()
    .describe("Strikes only for so long from now. Until it is removed unless it is given."),
};

const milliseconds = z
  .number()
  .min(0)
  .max(2 ** 31 - 1);

export const FaultInput: z.ZodType<{ kind: string; hostname: string }> = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("latency"), ms: milliseconds, jitterMs: milliseconds.optional(), ...selection }),
    z.strictObject({ kind: z.literal("status"), status: z.number().int().min(400).max(599), ...selection }),
    z.strictObject({ kind: z.literal("refuse"), ...selection }),
    z.strictObject({ kind: z.literal("abort"), ...selection }),
    z.strictObject({ kind: z.literal("cut"), afterBytes: z.number().int().min(0), ...selection }),
    z.strictObject({ kind: z.literal("slow-body"), bytesPerSecond: z.number().int().min(0), ...selection }),
    z.strictObject({ kind: z.literal("unhealthy"), ...selection }),
  ])
  .meta({
    description: "What is to go wrong with some requests.",
    examples: [{ hostname: "shop", kind: "latency", ms: 300, percentage: 10, durationMs: 60_000 }],
  });
