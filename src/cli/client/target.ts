import { UsageError } from "../exit-codes.ts";
import type { StateFile } from "../state-file.ts";

/** Where a switchboard is, and how to be let in. */
export interface Target {
  /** What to dial, and below which path: it ends in a slash. */
  url: URL;
  /** What to say in `Host`; on this machine the name that is the switchboard's own. */
  host: string;
  token: string | undefined;
  /** Its state file, if it was found through one. */
  file: StateFile | undefined;
}

/** An address that a user has given. Throws a {@link UsageError}. */
export function toUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new UsageError(`--url must be an address such as http://127.0.0.1:8000, got ${JSON.stringify(address)}`);
  }
  url.hostname = toDialled(url.hostname);
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** Why {@link toDashboard} knows no address. */
export const NO_DASHBOARD =
  "it is at switchboard.localhost, and this switchboard does not listen on 127.0.0.1 (--host 0.0.0.0 is all addresses)";

/** How to talk to the switchboard at `url`; `file` is its state file, if it has one here. */
export function toTarget(url: URL, token?: string | undefined, file?: StateFile): Target {
  const isHere = file !== undefined || isThisMachine(url.hostname);
  return { url, host: isHere ? toOwnHost(url.port) : url.host, token: token || undefined, file };
}

/** Where a browser finds the dashboard; `undefined` where there is no such address. */
export function toDashboard({ url, host }: Target): string | undefined {
  return host === url.host ? `${url.protocol}//${host}${url.pathname}` : toOwnDashboard(url);
}

/**
 * {@link toDashboard} of a switchboard on this machine, which is dialled at `url`: its name leads to 127.0.0.1 or ::1, and
 * it may listen on neither.
 */
export function toOwnDashboard({ protocol, hostname, port, pathname }: URL): string | undefined {
  const leads = hostname === "127.0.0.1" || hostname === "[::1]";
  return leads ? `${protocol}//${toOwnHost(port)}${pathname}` : undefined;
}

function toOwnHost(port: string): string {
  return `switchboard.localhost:${port || 80}`;
}

/** Not every resolver knows the names below localhost, and an address that means all of them is none to dial. */
function toDialled(hostname: string): string {
  if (hostname === "[::]") return "[::1]";
  return isThisMachine(hostname) && !/^\[|^127\./.test(hostname) ? "127.0.0.1" : hostname;
}

function isThisMachine(hostname: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|(?:.+\.)?localhost)$/.test(hostname);
}
