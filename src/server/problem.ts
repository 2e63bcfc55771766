import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import accepts from "accepts";
import { thereAre } from "../base/listing.ts";
import { recordOf } from "../base/request-record.ts";
import { markBrokenOff } from "./break-off.ts";

/** An answer that says why a request was not served: problem details as in RFC 9457. */
export interface Problem {
  status: number;
  /** Stable, for programs. */
  code: string;
  /** A headline. @default that of the status */
  title?: string | undefined;
  /** One sentence for people: what, which, and the way out. No stack, no secret, no address. */
  detail: string;
  /** What clients elsewhere than on this machine are told in place of `detail`, if that is less. */
  elsewhere?: string | undefined;
  hostname?: string | undefined;
  /** Sent as `Retry-After`, in whole seconds, rounded up. */
  retryAfterMs?: number | undefined;
  /** What a program printed last: for clients on this machine alone, since anything may be in it. */
  output?: readonly string[] | undefined;
  /** Which names exist, when this one does not: for clients on this machine alone, as a part of `detail`, too. */
  names?: readonly string[] | undefined;
  /** Where people look at what runs: for pages that clients on this machine are shown. */
  dashboard?: string | undefined;
  /** More header fields of the answer. */
  fields?: Readonly<Record<string, string>> | undefined;
}

/**
 * Answers with `problem`: `application/problem+json`, or a small HTML page when the client prefers HTML.
 * Fields that the response already carries are dropped; a response whose head is sent is cut instead.
 */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const record = recordOf(request);
  if (record !== undefined) record.code ??= problem.code;
  if (response.headersSent) {
    if (response.writableEnded) return;
    markBrokenOff(response);
    response.destroy();
    return;
  }
  for (const field of response.getHeaderNames()) response.removeHeader(field);
  const told = isLocal(request) ? withNames(problem) : toOthers(problem);
  const html = prefersHtml(request);
  const body = html ? toPage(told) : toJson(told);
  // With the status text: an app may have set one that cannot be sent.
  response.writeHead(problem.status, STATUS_CODES[problem.status], {
    ...problemHead(problem, html),
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Whether a client would rather have a page than JSON. */
export function prefersHtml(request: IncomingMessage): boolean {
  return accepts(request).type(["application/problem+json", "application/json", "text/html"]) === "text/html";
}

/** Answers an upgrade with a refusal, and closes its socket. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, problem: Problem): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.on("finish", () => socket.end(() => socket.destroy()));
  sendProblem(request, response, problem);
}

/** The bytes of `problem` as a whole HTTP/1.1 response that ends its connection, for a socket without a request. */
export function problemBytes(problem: Problem): string {
  const body = toJson(problem);
  const head = { ...problemHead(problem, false), "Content-Length": Buffer.byteLength(body), Connection: "close" };
  const lines = Object.entries(head).map(([field, value]) => `${field}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`;
}

function problemHead(problem: Problem, html: boolean): OutgoingHttpHeaders {
  return {
    "Content-Type": html ? "text/html; charset=utf-8" : "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(html && { "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'" }),
    ...(problem.retryAfterMs !== undefined && {
      "Retry-After": String(Math.max(1, Math.ceil(problem.retryAfterMs / 1000))),
    }),
    ...problem.fields,
  };
}

function toOthers(problem: Problem): Problem {
  const { detail, elsewhere = detail } = problem;
  return { ...problem, detail: elsewhere, output: undefined, names: undefined, dashboard: undefined };
}

function withNames(problem: Problem): Problem {
  const { detail, names } = problem;
  if (names === undefined) return problem;
  return { ...problem, detail: `${detail}; ${thereAre(names)}` };
}

/** Whether the client runs on this machine: nobody forwards for it, and its connection comes from here. */
export function isLocal({ headers, socket }: IncomingMessage): boolean {
  if (headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined) return false;
  return socket.remoteAddress !== undefined && socket.remoteAddress === socket.localAddress;
}

function toJson({ status, code, title = STATUS_CODES[status], detail, hostname, output, names }: Problem): string {
  return JSON.stringify({ type: "about:blank", title, status, detail, code, hostname, output, names });
}

/** Long lines wrap: whatever is cut off is what one looks for. The browser has the colours, light or dark. */
const STYLE = [
  ":root{color-scheme:light dark}",
  "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:12vh auto;padding:0 1rem}",
  "h1{line-height:1.2}",
  "h1,p{overflow-wrap:anywhere;white-space:pre-line}",
  "code{opacity:.75}",
  "pre{font-size:14px;padding:.75rem 1rem;border:1px solid color-mix(in srgb,currentColor 25%,transparent);border-radius:8px;",
  "background:color-mix(in srgb,currentColor 6%,transparent);overflow-wrap:anywhere;white-space:pre-wrap}",
].join("");

function toPage({ status, code, title: own, detail, hostname, output = [], dashboard }: Problem): string {
  const text = stripVTControlCharacters(output.join("\n"));
  const printed = output.length === 0 ? "" : `<pre>${escapeHtml(text)}</pre>\n`;
  const title = escapeHtml(own ?? `${status} ${STATUS_CODES[status]}`);
  const link =
    dashboard === undefined ? "" : `<p><a href="${escapeHtml(dashboard)}">Look at it in the dashboard</a></p>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<p>${escapeHtml(detail)}</p>
${printed}${link}<p><code>${escapeHtml(hostname === undefined ? code : `${hostname} · ${code}`)}</code></p>
</html>
`;
}

/** Text that is safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
