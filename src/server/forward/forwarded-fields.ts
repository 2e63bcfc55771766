import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { requestIdOf } from "../../base/request-id.ts";
import { toPath } from "../../base/request-target.ts";
import type { Client, ClientOf } from "../client.ts";
import { isHopByHop, namedByConnection, same } from "./hop-by-hop.ts";

/** By whom requests are forwarded, and for whom. */
export interface Passage {
  /** What stands in `Via` for it: a request that carries this already goes in circles. */
  pseudonym: string;
  clientOf: ClientOf;
}

/** What this process is called in `Via`, unless an option says something else. */
export const PROCESS_NAME: string = `switchboard-${randomBytes(4).toString("hex")}`;

/** More proxies than this are no chain that anybody built. */
const MAX_HOPS = 20;
const TOKEN = /^[\w.-]+$/;

/** Whether a request has come through here before, or through too many others. */
export function isLooping({ headers: { via } }: IncomingMessage, pseudonym: string): boolean {
  if (via === undefined) return false;
  const hops = via.split(",");
  return hops.length > MAX_HOPS || hops.some((hop) => hop.trim().split(/\s+/, 2)[1]?.toLowerCase() === pseudonym);
}

/** Whether a request comes with a body in chunks. */
export function isChunked({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined;
}

/** Whether a request comes with a body. */
export function hasBody(request: IncomingMessage): boolean {
  return isChunked(request) || Number(request.headers["content-length"] ?? 0) > 0;
}

/**
 * The head of a forwarded request. Target and fields are as they came: order, case and duplicates are kept. Left out
 * is what is about the client's connection, and what only a trusted proxy may say; added is who asks, and through whom.
 */
export function toRequestHead(request: IncomingMessage, { pseudonym, clientOf }: Passage, upgrade: boolean): string {
  const { method, rawHeaders, headers, httpVersionMinor } = request;
  const client = clientOf(request);
  const chunked = isChunked(request);
  const named = namedByConnection(headers.connection);
  const id = requestIdOf(request);
  let hasId = false;
  let head = `${method} ${toTarget(request)} HTTP/1.1\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (named?.has(name.toLowerCase())) continue;
    if (isHopByHop(name) && !(upgrade && same(name, "upgrade")) && !(chunked && same(name, "trailer"))) continue;
    if (chunked && same(name, "content-length")) continue; // chunks win (RFC 9112 section 6.3)
    if (isReplaced(name, client.viaProxy)) continue;
    if (same(name, "x-request-id")) {
      if (id === undefined) continue;
      hasId = true;
    }
    head += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  if (chunked) head += "Transfer-Encoding: chunked\r\n";
  if (upgrade) head += "Connection: Upgrade\r\n";
  if (!hasId) head += `X-Request-Id: ${id ?? randomUUID()}\r\n`;
  return `${head}${forwardedFields(request, client)}Via: 1.${httpVersionMinor} ${pseudonym}\r\n\r\n`;
}

/** In origin form, exactly as it came; what came in absolute form is cut to it (RFC 9112 section 3.2.4 for `*`). */
function toTarget({ method, url = "" }: IncomingMessage): string {
  if (url.startsWith("/") || url === "*") return url;
  const path = toPath(url);
  if (path === "" && method === "OPTIONS") return "*";
  return path.startsWith("/") ? path : `/${path}`;
}

/** Whether ours takes the place of a field. Nothing of the kind is believed of a peer that is not trusted. */
export function isReplaced(name: string, viaProxy: boolean): boolean {
  const first = name.charCodeAt(0) | 0x20;
  if (first === 0x66) return same(name, "forwarded"); // f
  if (first !== 0x78 || name.length < 13) return false; // x
  const lower = name.toLowerCase();
  if (!lower.startsWith("x-forwarded-")) return false;
  return !viaProxy || OURS.has(lower);
}

const OURS: ReadonlySet<string> = new Set([
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
]);

function forwardedFields({ headers }: IncomingMessage, client: Client): string {
  const { peer, proto, host, port, viaProxy } = client;
  const before = viaProxy ? headers["x-forwarded-for"] : undefined;
  const forwardedFor = before === undefined ? peer : `${before}, ${peer}`;
  const element = `for=${toNode(peer)};host=${quote(host)};proto=${proto}`;
  return (
    `X-Forwarded-For: ${forwardedFor}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\n` +
    `X-Forwarded-Port: ${port}\r\nForwarded: ${viaProxy ? continued(headers, element) : element}\r\n`
  );
}

/** `Forwarded` of a trusted proxy goes on; one that only knows the older field is translated (RFC 7239 section 7.4). */
function continued({ forwarded, "x-forwarded-for": older }: IncomingMessage["headers"], element: string): string {
  if (forwarded !== undefined) return `${forwarded}, ${element}`;
  if (older === undefined) return element;
  const hops = String(older).split(",");
  return [...hops.map((hop) => `for=${toNode(hop.trim())}`), element].join(", ");
}

/** RFC 7239 section 6: IPv6 in brackets, and whatever is no token in quotes. */
function toNode(address: string): string {
  return quote(address.includes(":") && !/[[\].]/.test(address) ? `[${address}]` : address);
}

function quote(text: string): string {
  return TOKEN.test(text) ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
