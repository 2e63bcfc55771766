// #region hostname
import type { IncomingMessage } from "node:http";
import type { Pool, ServerInfo } from "../pool/types.ts";

/** `shop` for `shop.localhost:8000`; nothing for what is no hostname. */
export function toHostname(host = ""): string | undefined {
  const name = host
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/\.localhost$/, "");
  return /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(name) ? name : undefined;
}
// #endregion

// #region route
/** Calls `found` with the server a request is for, at once if it runs, or `refuse` with the reason why there is none. */
export function route(
  pool: Pool,
  request: IncomingMessage,
  found: (server: ServerInfo) => void,
  refuse: (status: number, reason: string) => void,
): void {
  const hostname = toHostname(request.headers.host);
  const running = hostname === undefined ? undefined : pool.get(hostname);
  if (hostname === undefined) refuse(400, "Host is no hostname");
  else if (running !== undefined) found(running);
  else
    pool
      .getOrCreate(hostname)
      .then(found, (error: unknown) => refuse(503, error instanceof Error ? error.message : `${error}`));
}
// #endregion
