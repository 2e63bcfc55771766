import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { components, Problem } from "./schemas/common.ts";

type Json = Record<string, unknown>;

const TAGS: readonly { name: string; description: string }[] = [
  { name: "status", description: "How the switchboard is." },
  { name: "services", description: "The hostnames: what runs, and how." },
  { name: "journal", description: "What has happened: requests, events, output." },
  { name: "limits", description: "Limits and circuit breakers." },
  { name: "faults", description: "What goes wrong on purpose." },
  { name: "live", description: "Server-Sent Events." },
];

/** Problems that every request can be answered with. */
const ALWAYS = [400, 403, 429];

/** The OpenAPI 3.1 document of these endpoints. It is made of their schemas: there is no second truth. */
export function createOpenApi(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = paths[endpoint.path] ?? {};
    paths[endpoint.path] = { ...path, [endpoint.method]: toOperation(endpoint) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Switchboard control API",
      version,
      description:
        "Sees and steers a running switchboard. Clients on the same machine read without a token; whatever changes state, and every other client, needs one.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: ".", description: "Where this document is: the switchboard itself." }],
    tags: TAGS,
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The token that is printed at the start, or a JWT with the role `viewer` or `operator`.",
        },
      },
    },
  };
}

function toOperation(endpoint: Endpoint): Json {
  const { tag, summary, description, access, params, query, body, method, path, stream } = endpoint;
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(stream !== undefined && { "x-stream": stream.summary }),
    security: access === "write" ? [{ token: [] }] : access === "read" ? [{}, { token: [] }] : [],
    parameters: [...toParameters(params, "path"), ...toParameters(query, "query")],
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: inline(body) } } },
    }),
    responses: toResponses(endpoint),
  };
}

/** `getApiServicesHostname`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^a-z0-9]+/i).filter((word) => word !== "");
  return [method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join("");
}

function toParameters(schema: z.ZodObject | undefined, where: "path" | "query"): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = inline(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...own }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema: own,
  }));
}

function toResponses({ status, also = [], answer, contentType, stream, access, body, errors = [] }: Endpoint): Json {
  const content =
    contentType !== undefined
      ? { [contentType]: { schema: { type: "string" } } }
      : answer && { "application/json": { schema: reference(answer) } };
  const streamed = stream && { "text/event-stream": { schema: { type: "string", description: stream.summary } } };
  const good = { ...(content && { content: { ...content, ...streamed } }) };
  const always = [...ALWAYS, ...(access === "open" ? [] : [401, 503]), ...(body === undefined ? [] : [413, 415, 422])];
  const problems = [...new Set([...always, ...errors])].filter((code) => !also.includes(code));
  return Object.fromEntries([
    ...[status, ...also].map((code) => [code, { description: STATUS_CODES[code], ...good }]),
    ...problems.map((code) => [code, toProblemResponse(code)]),
  ]);
}

function toProblemResponse(code: number): Json {
  const content = { "application/problem+json": { schema: reference(Problem) } };
  return { description: STATUS_CODES[code], content };
}

function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  if (id === undefined) throw new Error("an answer whose schema has no name; make it a component");
  return { $ref: pointer(id) };
}

function pointer(id: string): string {
  return `#/components/schemas/${id}`;
}

function inline(schema: z.ZodType): Json {
  const { $schema: _schema, ...json } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: plainly,
  }) as Json;
  return json;
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(components, { uri: pointer, override: plainly });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _schema, $id: _id, ...json } = schema as Json;
      return [id, json];
    }),
  );
}

/** Without what says nothing to a reader: the pattern of every date, and the bounds of what JSON can hold. */
function plainly({ jsonSchema }: { jsonSchema: Json }): void {
  if (jsonSchema.format === "date-time" || jsonSchema.format === "uri") delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
