import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";
import type { TLSSocket } from "node:tls";
import proxyAddr from "proxy-addr";
import { fail } from "../base/options.ts";

/** Who sent a request, and how it was asked for. */
export interface Client {
  /** The address: of the peer, or what trusted proxies say of whom they speak for. IPv4 in its own form; `"unknown"` once a peer has gone. */
  address: string;
  /** The address of whoever has the connection. */
  peer: string;
  proto: "http" | "https";
  /** The authority as the client gave it: a name, with a port where there was one. */
  host: string;
  /** The port the client asked for: the one that is named, else the usual one of `proto`. */
  port: number;
  /** Whether the peer is a trusted proxy, so that its forwarding fields are believed. */
  viaProxy: boolean;
}

/** Finds who sent a request. */
export type ClientOf = (request: Pick<IncomingMessage, "headers" | "socket">) => Client;

/** Says of an address whether it is trusted. */
type Trusts = (address: string) => boolean;

const AUTHORITY = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Some proxies (Azure) name the client with its port. */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([^\]]*)\])(?::\d+)?$/;
/** More hops are no chain of proxies: the rest is not looked at. */
const MAX_HOPS = 30;

/**
 * Makes the one rule about who a client is. A peer is believed only when its address is in `trustedProxies`:
 * addresses, subnets such as `10.0.0.0/8`, `"loopback"`, `"linklocal"` or `"uniquelocal"`. From a trusted peer
 * `X-Forwarded-For` is read from the right, up to the first address that is not trusted; what stands left of it
 * anybody may have written.
 *
 * **Lifetime.** It holds nothing. **Failure.** Throws `INVALID_OPTION` for what is neither address nor subnet.
 */
export function createClientOf(trustedProxies: readonly string[]): ClientOf {
  const trusts = compile(trustedProxies);
  if (trustedProxies.length === 0) return toPeer;
  return (request) => {
    const peer = toPeer(request);
    return trusts(peer.peer) ? toSpokenFor(request, peer, trusts) : peer;
  };
}

/** Where a request carries the rule of the switchboard that it came through. */
const RULE: unique symbol = Symbol("effection-switchboard.client-of");
type RuledRequest = Pick<IncomingMessage, "headers" | "socket"> & { [RULE]?: ClientOf | undefined };

/** From now on, whoever forwards `request` believes whom `clientOf` believes. */
export function setClientOf(request: RuledRequest, clientOf: ClientOf): void {
  request[RULE] = clientOf;
}

/** `request` is `earlier`, read again: it is believed as that was. */
export function inheritClientOf(request: RuledRequest, earlier: RuledRequest): void {
  request[RULE] = earlier[RULE];
}

/** {@link ClientOf}: by the rule that was set for the request, else by `otherwise`. */
export function createRequestClientOf(otherwise: ClientOf): ClientOf {
  return (request: RuledRequest) => (request[RULE] ?? otherwise)(request);
}

/** The part of an authority after its name, as a number. */
function portOf(host: string, proto: "http" | "https"): number {
  const colon = host.indexOf(":", host.indexOf("]") + 1);
  const port = colon === -1 ? 0 : Number(host.slice(colon + 1));
  return port >= 1 && port <= 65_535 ? port : proto === "https" ? 443 : 80;
}

function compile(trustedProxies: readonly string[]): Trusts {
  if (!Array.isArray(trustedProxies)) fail("trustedProxies", "a list of addresses and subnets", trustedProxies);
  for (const [i, proxy] of trustedProxies.entries()) {
    try {
      proxyAddr.compile(proxy);
    } catch {
      fail(`trustedProxies[${i}]`, 'an address, a subnet, "loopback", "linklocal" or "uniquelocal"', proxy);
    }
  }
  const trusts = proxyAddr.compile([...trustedProxies]);
  return (address) => trusts(address, 0);
}

function toPeer({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): Client {
  const proto = (socket as TLSSocket).encrypted ? "https" : "http";
  const host = headers.host ?? "";
  const peer = peerAddress(socket);
  return { address: peer, peer, proto, host, port: portOf(host, proto), viaProxy: false };
}

/** The address of whoever has the connection; IPv4 in its own form. */
export function peerAddress({ remoteAddress = "unknown" }: Pick<IncomingMessage["socket"], "remoteAddress">): string {
  return remoteAddress.startsWith("::ffff:") && remoteAddress.includes(".") ? remoteAddress.slice(7) : remoteAddress;
}

/** What a trusted peer says of its client. Whatever is not in order is left as it is known here. */
function toSpokenFor({ headers }: Pick<IncomingMessage, "headers">, peer: Client, trusts: Trusts): Client {
  const saidProto = first(headers["x-forwarded-proto"]).toLowerCase();
  const proto = saidProto === "http" || saidProto === "https" ? saidProto : peer.proto;
  const saidHost = first(headers["x-forwarded-host"]);
  const host = AUTHORITY.test(saidHost) ? saidHost : peer.host;
  const saidPort = Number(first(headers["x-forwarded-port"]) || Number.NaN);
  const port = Number.isInteger(saidPort) && saidPort >= 1 && saidPort <= 65_535 ? saidPort : portOf(host, proto);
  const address = walk(String(headers["x-forwarded-for"] ?? ""), peer.address, trusts);
  return { address, peer: peer.peer, proto, host, port, viaProxy: true };
}

/** The address furthest from here that a trusted one vouches for. */
function walk(forwardedFor: string, peer: string, trusts: Trusts): string {
  const said = forwardedFor.split(",").slice(-MAX_HOPS);
  let address = peer;
  for (let i = said.length - 1; i >= 0 && trusts(address); i -= 1) {
    const next = toAddress((said[i] as string).trim());
    if (next === undefined) break;
    address = next;
  }
  return address;
}

function toAddress(text: string): string | undefined {
  const [, v4, v6] = WITH_PORT.exec(text) ?? [];
  const address = v4 ?? v6 ?? text;
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return toUsualForm(address).replace(MAPPED, "$1");
    default:
      return undefined;
  }
}

/** An IPv6 address has many forms, and a client one limit. With a zone it stays as it is: it is of a link of its own. */
function toUsualForm(address: string): string {
  return address.includes("%") ? address : new SocketAddress({ address, family: "ipv6" }).address;
}

function first(field: string | string[] | undefined): string {
  return (
    String(field ?? "")
      .split(",", 1)[0]
      ?.trim() ?? ""
  );
}
