import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What a client may call its request: long enough for every usual scheme, and safe in a log and in a header field. */
const SANE = /^[\w.:+/=@-]{1,128}$/;
const FIELD = "x-request-id";

/** The id that `request` came with, if it is a sane one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  const given = headers[FIELD];
  return typeof given === "string" && SANE.test(given) ? given : undefined;
}

/** Makes ids that no other process makes: what they begin with is random, and a number follows. */
export function createRequestIds(): () => string {
  const start = randomBytes(6).toString("base64url").replaceAll("-", "_");
  let last = 0;
  return () => {
    last += 1;
    return `${start}-${last.toString(36)}`;
  };
}

/** From now on `id` is what the fields of `request` say. Its raw fields stay as they came, without what was no sane id. */
export function giveRequestId({ headers, rawHeaders }: IncomingMessage, id: string): void {
  if (headers[FIELD] !== undefined && headers[FIELD] !== id) removeAll(rawHeaders);
  headers[FIELD] = id;
}

function removeAll(rawHeaders: string[]): void {
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if ((rawHeaders[i] as string).toLowerCase() === FIELD) rawHeaders.splice(i, 2);
  }
}
