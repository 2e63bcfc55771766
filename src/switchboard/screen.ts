import { type IncomingMessage, METHODS } from "node:http";
import type { Problem } from "../server/problem.ts";
import { badRequest } from "./problem.ts";

/** Node keeps 1,000 fields and drops the rest silently (Node docs, `server.maxHeadersCount`); rawHeaders shows more. */
export const MAX_FIELDS = 1_000;

/** Node's parser also takes the methods of RTSP and ICE, each with its own protocol in the start line. */
const SERVED: ReadonlySet<string | undefined> = new Set(
  METHODS.filter((method) => !["CONNECT", "SOURCE", "TRACE"].includes(method)),
);

/**
 * Why a request must not reach any server, although Node's parser lets it through. `undefined` is fine.
 *
 * What is framed ambiguously here may be framed differently by whoever is in front of us, and then the rest of
 * the connection would be read as somebody else's request (RFC 9112 section 11.2): such a request is refused and its
 * connection is closed.
 */
export function screen(request: IncomingMessage): Problem | undefined {
  const { rawHeaders, httpVersionMajor, httpVersionMinor, method, url } = request;
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return badRequest("only HTTP/1.1 and HTTP/1.0 are served here");
  if (rawHeaders.length > 2 * MAX_FIELDS) {
    return { status: 431, code: "TOO_MANY_FIELDS", detail: `a request may have ${MAX_FIELDS} header fields` };
  }
  let hosts = 0;
  let lengths = 0;
  let codings = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // Comparing lengths first keeps this loop at some 100 ns for a usual request.
    if (name.length === 4) hosts += Number(name.toLowerCase() === "host");
    else if (name.length === 14) lengths += Number(name.toLowerCase() === "content-length");
    else if (name.length === 17) codings += Number(name.toLowerCase() === "transfer-encoding");
  }
  if (hosts !== 1) return badRequest(`a request needs one Host field, this one has ${hosts} (RFC 9112 section 3.2)`);
  if (codings > 0) {
    const why = whyBadCoding(request, codings, lengths);
    if (why !== undefined) return badRequest(why);
  }
  if (!SERVED.has(method)) return badRequest(`${method} is not served here`);
  if (url === "*" && method !== "OPTIONS") return badRequest("only OPTIONS may ask for * (RFC 9112 section 3.2.4)");
  return undefined;
}

function whyBadCoding(request: IncomingMessage, codings: number, lengths: number): string | undefined {
  if (lengths > 0) return "Content-Length and Transfer-Encoding exclude each other (RFC 9112 section 6.1)";
  if (request.httpVersionMinor === 0) return "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)";
  const coding = request.headers["transfer-encoding"];
  const known = codings === 1 && coding?.toLowerCase() === "chunked";
  return known ? undefined : "the only transfer coding that is understood is chunked (RFC 9112 section 6.1)";
}
