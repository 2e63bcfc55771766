import express, { type Request, type Response, type Router } from "express";
import type { z } from "zod";
import { toError } from "../base/errors.ts";
import { answerProblem } from "./answer.ts";
import { readBody } from "./body.ts";
import { ControlError, type ProblemFacts, toProblemFacts } from "./control-error.ts";
import type { Access, Endpoint } from "./endpoint.ts";
import { wrongInput } from "./wrong-input.ts";

/** What a router needs of its app. */
export interface RouterHost {
  /** Throws unless whoever asks may do it. */
  authorize(request: Request, access: Access): Promise<void>;
  /** Something failed that no client is to be told of. */
  failed(error: Error): void;
}

/** Makes the router of all endpoints. */
export function createRouter(endpoints: readonly Endpoint[], host: RouterHost): Router {
  const router = express.Router({ caseSensitive: true });
  for (const endpoint of endpoints) {
    const path = toPattern(endpoint.path);
    router[endpoint.method](path, async (request, response) => {
      try {
        await host.authorize(request, endpoint.access);
        await readBody(request, response);
        await answer(endpoint, request, response);
      } catch (thrown) {
        refuse(response, thrown, host);
      }
    });
  }
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    const methods = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method.toUpperCase());
    router.all(toPattern(path), ({ method }, response) => {
      const allow = methods.join(", ");
      const detail = `${method} is not possible here; ${allow} is`;
      answerProblem(response, { status: 405, code: "METHOD_NOT_ALLOWED", detail, fields: { Allow: allow } });
    });
  }
  return router;
}

function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** Answers with what was thrown, or that it is a failure of ours. */
export function refuse(response: Response, thrown: unknown, { failed }: Pick<RouterHost, "failed">): void {
  const facts = toProblemFacts(thrown);
  if (facts === undefined) failed(toError(thrown));
  answerProblem(response, facts ?? INTERNAL);
}

const STREAM = "text/event-stream";

const INTERNAL: ProblemFacts = {
  status: 500,
  code: "INTERNAL",
  detail: "the switchboard failed to answer this request",
};

async function answer(endpoint: Endpoint, request: Request, response: Response): Promise<void> {
  const { params, query, body } = endpoint;
  const input = {
    params: check(params, request.params, 400, "path"),
    query: check(query, request.query, 400, "query"),
    body: check(body, request.body ?? {}, 422, "body"),
    request,
    response,
  } as never;
  const streams = endpoint.contentType === STREAM || (endpoint.stream !== undefined && wantsStream(request));
  if (streams && request.method === "HEAD") {
    response.type(STREAM).end(); // it would never end
    return;
  }
  if (endpoint.stream !== undefined && streams) {
    endpoint.stream.handle(input);
    return;
  }
  const result = await endpoint.handle(input);
  if (endpoint.contentType !== undefined) return;
  // `health` has set its own status
  if (response.statusCode === 200) response.status(endpoint.status);
  if (endpoint.answer === undefined) response.end();
  else response.json(result);
}

function wantsStream(request: Request): boolean {
  return request.accepts(["application/json", STREAM]) === STREAM;
}

/** What fits the schema; throws a problem that names the first field that does not. */
function check(schema: z.ZodType | undefined, value: unknown, status: number, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues as [z.core.$ZodIssue]; // there is one
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const field = [...issue.path, ...unknown].join(".");
  const detail = wrongInput(field === "" ? `the ${where}` : field, issue);
  throw new ControlError({ status, code: "INVALID_INPUT", detail, field: field === "" ? undefined : field });
}
