/** An app that computes for some milliseconds at each request, and so has a processor for itself alone. */
import type { ServerResponse } from "node:http";
import { compute } from "./compute.ts";

export default () =>
  (request: unknown, response: ServerResponse): void =>
    compute(request, response);
