import { badAnswer } from "./forward-failure.ts";
import { isHopByHop, namedByConnection, same } from "./hop-by-hop.ts";

/** The head of an answer, as it is passed on. */
export interface ResponseHead {
  status: number;
  reason: string;
  /** Names and values in turn, as they came; without those that are about the connection to the server. */
  fields: string[];
  /** How long the body is, where the head says so: bytes, or in chunks, or until the server closes. */
  body: number | "chunks" | "close";
  /** Whether the server keeps the connection open. */
  keepAlive: boolean;
  /** How long it keeps it open between two requests, where it says so. */
  keepAliveMs: number | undefined;
  /** What it upgrades to. */
  upgrade: string | undefined;
}

/** Larger heads are refused. Node's own client takes 16 KiB; apps with many cookies need more. */
export const MAX_HEAD: number = 64 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** RFC 9110 section 5: a token, and visible characters. No space before the colon, no folding, no NUL. */
const FIELD_LINES = /^(?:\r\n[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*)*$/;
const LENGTH = /^\d{1,15}$/;
const CLOSE = /(?:^|[\s,])close(?:$|[\s,])/i;

/** Reads a head, without the empty line at its end. Throws a failure with the code `BAD_ANSWER` for what HTTP does not allow. */
export function parseHead(text: string): ResponseHead {
  const lineEnd = text.indexOf("\r\n");
  const line = lineEnd === -1 ? text : text.slice(0, lineEnd);
  const [, minor, status, reason = ""] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) throw badAnswer(`${show(line)} is no status line`);
  const head: ResponseHead = {
    status: Number(status),
    reason,
    fields: [],
    body: "close",
    keepAlive: minor === "1",
    keepAliveMs: undefined,
    upgrade: undefined,
  };
  readFields(head, minor === "1", lineEnd === -1 ? "" : text.slice(lineEnd));
  return head;
}

/** The fields of trailers: like those of a head, but none that frames a message (RFC 9110 section 6.5.1). */
export function parseTrailers(text: string): string[] {
  const fields = splitFields(text);
  return fields.filter((_, i) => {
    const name = fields[i - (i % 2)] as string;
    if (same(name, "content-length") || same(name, "transfer-encoding")) throw badAnswer(`its trailers have ${name}`);
    return !isHopByHop(name);
  });
}

function readFields(head: ResponseHead, isOneOne: boolean, text: string): void {
  let coding: string | undefined;
  let length: string | undefined;
  let connection: string | undefined;
  let trailer: [string, string] | undefined;
  const fields = splitFields(text);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (same(name, "content-length")) {
      if (length !== undefined) throw badAnswer("it has more than one Content-Length");
      length = value;
    }
    if (!isHopByHop(name)) {
      // A 204 has no length (RFC 9110 section 8.6): to a client it would be the start of a body.
      if (head.status !== 204 || !same(name, "content-length")) head.fields.push(name, value);
    } else if (same(name, "connection")) connection = connection === undefined ? value : `${connection}, ${value}`;
    else if (same(name, "transfer-encoding")) coding = coding === undefined ? value : `${coding}, ${value}`;
    else if (same(name, "keep-alive")) head.keepAliveMs = toKeepAliveMs(value);
    else if (same(name, "upgrade")) head.upgrade = value;
    else if (same(name, "trailer")) trailer = [name, value];
  }
  head.body = toBody(coding, length, isOneOne);
  if (head.body === "chunks" && trailer !== undefined) head.fields.push(...trailer);
  if (connection !== undefined) applyConnection(head, connection);
}

function splitFields(text: string): string[] {
  if (!FIELD_LINES.test(text)) throw badAnswer(`${show(firstBadLine(text))} is no header field`);
  const fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf("\r\n", at + 2);
    const end = next === -1 ? text.length : next;
    const colon = text.indexOf(":", at);
    fields.push(text.slice(at + 2, colon), trim(text, colon + 1, end));
    at = end;
  }
  return fields;
}

/** RFC 9112 section 6.3. What is framed twice, or in a way that is not understood, is no answer. */
function toBody(coding: string | undefined, length: string | undefined, isOneOne: boolean): ResponseHead["body"] {
  if (length !== undefined && !LENGTH.test(length)) throw badAnswer(`${show(length)} is no Content-Length`);
  if (coding === undefined) return length === undefined ? "close" : Number(length);
  if (length !== undefined) throw badAnswer("it has both Content-Length and Transfer-Encoding");
  if (!isOneOne) throw badAnswer("HTTP/1.0 has no Transfer-Encoding");
  if (coding.toLowerCase() !== "chunked") throw badAnswer(`the transfer coding ${show(coding)} was not asked for`);
  return "chunks";
}

function applyConnection(head: ResponseHead, connection: string): void {
  if (CLOSE.test(connection)) head.keepAlive = false;
  const named = namedByConnection(connection);
  if (named === undefined) return;
  const { fields } = head;
  head.fields = fields.filter((_, i) => !named.has((fields[i - (i % 2)] as string).toLowerCase()));
}

function toKeepAliveMs(value: string): number | undefined {
  const seconds = /timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Without spaces and tabs at both ends; `String.trim` takes away more. */
function trim(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function firstBadLine(text: string): string {
  return text.split("\r\n").find((line, i) => i > 0 && !FIELD_LINES.test(`\r\n${line}`)) ?? "";
}

/** Enough of what was sent to find it. */
function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
