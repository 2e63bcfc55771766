import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { ProblemFacts } from "./control-error.ts";
import type { Problem } from "./schemas/common.ts";

/** Answers with problem details (RFC 9457), or cuts an answer that has begun. */
export function answerProblem(response: ServerResponse, facts: ProblemFacts): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, detail, field, hostname, url, output, retryAfterMs, fields } = facts;
  const title = STATUS_CODES[status] ?? "Error";
  const body: Problem = { type: "about:blank", title, status, detail, code, field, hostname, url };
  if (output !== undefined) body.output = [...output];
  if (retryAfterMs !== undefined) response.setHeader("Retry-After", Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  for (const [name, value] of Object.entries(fields ?? {})) response.setHeader(name, value);
  if (hasUnreadBody(response.req)) response.shouldKeepAlive = false; // nobody reads it now
  response.statusCode = status;
  response.setHeader("Content-Type", "application/problem+json");
  response.end(JSON.stringify(body));
}

function hasUnreadBody({ headers, complete }: IncomingMessage): boolean {
  return !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);
}
