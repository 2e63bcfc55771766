/** An app that computes ten times as long as `busy-app.ts`: beside that, whoever gives it requests hardly counts. */
import type { ServerResponse } from "node:http";
import { compute } from "./compute.ts";

export default () =>
  (request: unknown, response: ServerResponse): void =>
    compute(request, response, 30_000);
