import { z } from "zod";

/** The schemas that the OpenAPI document has under a name, by their names. */
export const components: z.core.$ZodRegistry<{ id: string }> = z.registry<{ id: string }>();

/** Puts `schema` under `id` in the OpenAPI document. */
export function component<T>(id: string, schema: z.ZodType<T>): z.ZodType<T> {
  components.add(schema, { id });
  return schema;
}

/** Every error of the API: problem details (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  field?: string | undefined;
  hostname?: string | undefined;
  url?: string | undefined;
  output?: string[] | undefined;
}

export const Problem: z.ZodType<Problem> = component(
  "Problem",
  z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.number().int(),
      detail: z.string().describe("One sentence for people: what, which, and the way out."),
      code: z.string().describe("For programs: it keeps its meaning."),
      field: z.string().optional().describe("The field, parameter or path parameter that is wrong."),
      hostname: z.string().optional(),
      url: z.string().optional().describe("Where a request would start a service that has no server now."),
      output: z.array(z.string()).optional().describe("What the program printed last that could not start."),
    })
    .describe("Why a request was not done (RFC 9457).")
    .meta({
      examples: [
        {
          type: "about:blank",
          title: "Unprocessable Entity",
          status: 422,
          detail: "replicas must be at most 64, got 100",
          code: "INVALID_INPUT",
          field: "replicas",
        },
      ],
    }),
);

/** A hostname as it is in a path, a query or a body: in lower case from here on. */
export const Hostname: z.ZodType<string, string> = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(
    /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/,
    'a hostname has letters, digits, "-", "_" and dots, labels of 1 to 63',
  )
  .meta({ description: "A routing name: `shop` for `shop.localhost`.", examples: ["shop"] });

/** A whole number in a query. */
export function queryInteger(min: number, max: number, description: string): z.ZodType<number | undefined, unknown> {
  return z.coerce.number<string>().int().min(min).max(max).optional().describe(description);
}
