import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Takes every cookie `name` out of a request, so that whoever reads it next does not see it. Returns the value of the
 * first.
 */
export function takeCookie(request: IncomingMessage, name: string): string | undefined {
  if (!request.headers.cookie?.includes(name)) return undefined;
  const { rawHeaders } = request;
  let value: string | undefined;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if ((rawHeaders[i] as string).toLowerCase() !== "cookie") continue;
    const pairs = (rawHeaders[i + 1] as string).split(";");
    const isOurs = (pair: string) => pair.trimStart().startsWith(`${name}=`);
    const ours = pairs.find(isOurs);
    if (ours === undefined) continue;
    value = ours.trim().slice(name.length + 1);
    const others = pairs
      .filter((pair) => !isOurs(pair))
      .join(";")
      .trimStart();
    if (others === "") rawHeaders.splice(i, 2);
    else rawHeaders[i + 1] = others;
  }
  return value;
}

/** Has an answer of the app set a session cookie. Its own cookies stay; an answer of ours sets none. */
export function giveCookie(response: HeldResponse, name: string, value: string): void {
  const isFirst = response[COOKIE] === undefined;
  response[COOKIE] = `${name}=${value}; Path=/; HttpOnly; SameSite=Lax`;
  if (!isFirst) return; // the request was given to another replica since
  const next = response.writeHead as (...args: unknown[]) => ServerResponse;
  const writeHead = (status: number, reason?: unknown, fields?: unknown): ServerResponse => {
    const more = Array.isArray(fields) ? [...fields, "Set-Cookie", response[COOKIE]] : fields;
    return next.call(response, status, reason, more);
  };
  response.writeHead = writeHead as ServerResponse["writeHead"];
}

const COOKIE: unique symbol = Symbol("effection-switchboard.replica-cookie");
type HeldResponse = ServerResponse & { [COOKIE]?: string };
