import type { IncomingMessage } from "node:http";
import type { Response } from "express";
import type { z } from "zod";

/** What a request of the API comes with, after its check. */
export interface EndpointInput<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  request: IncomingMessage;
  response: Response;
}

/** Who may ask: anybody, those who may read, or those who may change something. */
export type Access = "open" | "read" | "write";

/** What an endpoint says of itself: the router and the OpenAPI document are made of it. */
export interface Endpoint {
  method: "get" | "post" | "put" | "delete";
  /** With its parameters in braces: `/api/services/{hostname}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string | undefined;
  access: Access;
  params?: z.ZodObject | undefined;
  query?: z.ZodObject | undefined;
  body?: z.ZodType | undefined;
  /** The status when all is well. */
  status: number;
  /** What the answer is then; nothing for 204. */
  answer?: z.ZodType | undefined;
  /** Other statuses that come with `answer`. */
  also?: readonly number[] | undefined;
  /** Which problems it can be answered with, beside those that every one can. */
  errors?: readonly number[] | undefined;
  /** The type of its answer, if that is not JSON. */
  contentType?: string | undefined;
  /** Answers. What it returns is sent as JSON; an endpoint with a `contentType` of its own sends by itself. */
  handle(input: EndpointInput<never, never, never>): unknown;
  /** For `Accept: text/event-stream`: goes on answering. */
  stream?: { summary: string; handle(input: EndpointInput<never, never, never>): void } | undefined;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

interface EndpointOf<P, Q, B, A> extends Omit<Endpoint, "params" | "query" | "body" | "answer" | "handle" | "stream"> {
  params?: P;
  query?: Q;
  body?: B;
  answer?: A;
  handle(input: EndpointInput<Output<P>, Output<Q>, Output<B>>): Output<A> | Promise<Output<A>>;
  stream?: { summary: string; handle(input: EndpointInput<Output<P>, Output<Q>, Output<B>>): void };
}

/** Has the compiler check that an endpoint answers with what it says. */
export function endpoint<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(spec: EndpointOf<P, Q, B, A>): Endpoint {
  return spec as unknown as Endpoint;
}
