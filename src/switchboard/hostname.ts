import type { IncomingMessage } from "node:http";
import { HOSTNAME_RULE, toHostname } from "../base/hostname.ts";
import { toAuthority } from "../base/request-target.ts";
import type { Problem } from "../server/problem.ts";
import { badRequest, misdirected } from "./problem.ts";

/** Where a request goes. */
export type Route =
  /** To the server of a hostname. */
  | { to: "server"; hostname: string }
  /** To the switchboard itself: `switchboard.localhost`. */
  | { to: "control" };

/** What decides over routes. */
export interface RouteSettings {
  /** For requests whose Host names no app: a loopback name, or one of `domains` itself. */
  defaultHostname: string;
  /** The domains that are served, longest first; `undefined` serves every name. */
  domains: readonly string[] | undefined;
}

/** The name under which the switchboard itself answers, whatever domains it serves. */
export const OWN_HOST = "switchboard.localhost";

/** Under which of the domains that are served people are told of hostnames: the one that every browser knows, if it is served. */
export function domainToTell(domains: readonly string[] | undefined): string {
  return domains === undefined || domains.includes("localhost") ? "localhost" : (domains[0] as string);
}

/** Finds the route of a request, or the reason why it has none. */
export type Router = (request: IncomingMessage) => Route | Problem;

const PORT = /^[0-9]{0,5}$/;
const CONTROL: Route = { to: "control" };

/** Host fields that name this machine, not an app. */
export function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "127.0.0.1" || host === "[::1]";
}

/** Tells a route from a reason against it. */
export function isRoute(result: Route | Problem): result is Route {
  return "to" in result;
}

/**
 * Makes a router: the Host field, or the authority of an absolute target, becomes a hostname.
 *
 * `shop.localhost:8000` is `shop`; a name under one of `domains` is what stands before the domain; every other
 * name is itself. On a bare loopback name the field `X-App-Name` can name the hostname.
 */
export function createRouter(settings: RouteSettings): Router {
  return (request) => {
    const { url = "", headers } = request;
    if (!url.startsWith("/") && url !== "*") adoptTarget(request);
    const authority = headers.host as string;
    const appName = headers["x-app-name"];
    return appName === undefined ? routeAuthority(authority, settings) : routeAppName(authority, appName, settings);
  };
}

/**
 * In absolute form the target names the host, and Host is ignored (RFC 9112 section 3.2.2). The fields are changed
 * where they disagree, so that an app sees the host that it was chosen for.
 */
function adoptTarget(request: IncomingMessage): void {
  const { host = "" } = request.headers;
  const authority = toAuthority(request.url ?? "");
  if (host === authority || toHost(host) === undefined) return; // an invalid Host is refused all the same
  request.headers.host = authority;
  const at = request.rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === "host");
  request.rawHeaders[at + 1] = authority;
}

function routeAppName(authority: string, name: string | string[], settings: RouteSettings): Route | Problem {
  const host = toHost(authority);
  if (host === undefined || !isLoopbackName(host)) return routeAuthority(authority, settings);
  const hostname = toHostname(String(name));
  return hostname === undefined
    ? badRequest(`X-App-Name is no hostname: ${HOSTNAME_RULE}`)
    : { to: "server", hostname };
}

function routeAuthority(authority: string, { defaultHostname, domains }: RouteSettings): Route | Problem {
  const host = toHost(authority);
  if (host === undefined) return badRequest(`Host is no hostname with an optional port: ${HOSTNAME_RULE}`);
  if (isLoopbackName(host)) return { to: "server", hostname: defaultHostname };
  if (host === OWN_HOST) return CONTROL;
  if (domains === undefined) return { to: "server", hostname: beforeDomain(host, "localhost") ?? host };
  for (const domain of domains) {
    if (host === domain) return { to: "server", hostname: defaultHostname };
    const hostname = beforeDomain(host, domain);
    if (hostname !== undefined) return { to: "server", hostname };
  }
  return misdirected(host, `"${host}" is not under a domain that is served here`);
}

/** The normalised host of `host[:port]` (RFC 9110 section 7.2), or `undefined`. A port never chooses anything. */
export function toHost(authority: string): string | undefined {
  const colon = authority.indexOf(":", authority.startsWith("[") ? authority.indexOf("]") : 0);
  const host = colon === -1 ? authority : authority.slice(0, colon);
  if (colon !== -1) {
    const port = authority.slice(colon + 1);
    if (!PORT.test(port) || Number(port) > 65_535) return undefined;
  }
  return host === "[::1]" ? host : toHostname(host);
}

function beforeDomain(host: string, domain: string): string | undefined {
  const at = host.length - domain.length - 1;
  return at > 0 && host[at] === "." && host.endsWith(domain) ? host.slice(0, at) : undefined;
}
