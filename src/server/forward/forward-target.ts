import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { noop } from "../../base/operations.ts";
import { integerOption, fail as refuse, textOption } from "../../base/options.ts";
import { ForwardFailure } from "./forward-failure.ts";

/** Where a server listens, as options say it. */
export type ForwardTarget =
  /** On an address and port, without TLS. */
  | { host: string; port: number }
  /** Such as `https://10.0.0.5:3000`: no path, no query, no user. `tls` is for `tls.connect`, such as `ca`. */
  | { origin: string; tls?: ConnectionOptions | undefined };

/** A target that was checked. */
export interface Endpoint {
  host: string;
  port: number;
  /** How to connect with TLS; `undefined` is without. */
  tls: ConnectionOptions | undefined;
}

/** Checks where to forward to. Throws `INVALID_OPTION`. */
export function resolveTarget(target: ForwardTarget): Endpoint {
  if (typeof target !== "object" || target === null) refuse("target", "{ host, port } or { origin }", target);
  if (!("origin" in target)) {
    return {
      host: textOption("target.host", target.host),
      port: integerOption("target.port", target.port, 1, 65_535),
      tls: undefined,
    };
  }
  const { origin, tls = {} } = target;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const bare = url !== undefined && /^https?:\/\/[^/?#@\\]+\/?$/i.test(origin);
  if (url === undefined || !bare || url.port === "0") {
    return refuse("target.origin", 'a URL such as "http://10.0.0.5:3000", with no path, query or user', origin);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "https:";
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return {
    host,
    port: Number(url.port) || (secure ? 443 : 80),
    tls: secure ? { ...servername, ALPNProtocols: ["http/1.1"], ...tls } : undefined,
  };
}

/** A connection that is being made. */
export interface Attempt {
  /** Gives up, and nobody is told. */
  cancel(): void;
  /** Gives up as if it had failed. */
  fail(why: string): void;
}

/** Dials. `done` is called once, with the socket or the failure. */
export function dial(
  { host, port, tls }: Endpoint,
  timeoutMs: number,
  done: (result: Socket | ForwardFailure) => void,
): Attempt {
  // Half-open, so that the end of one side of an upgraded socket is not the end of the other.
  const address = { host, port, noDelay: true, allowHalfOpen: true };
  const socket: Socket =
    tls === undefined ? tcpConnect(address) : tlsConnect({ ...tls, ...address } as ConnectionOptions);
  const ready = tls === undefined ? "connect" : "secureConnect";
  const settle = (result?: Socket | ForwardFailure) => {
    clearTimeout(timer);
    socket.off(ready, onReady).off("error", onError).off("close", onClose);
    if (result !== socket) socket.on("error", noop).destroy();
    if (result !== undefined) done(result);
  };
  const where = `${host}:${port}`;
  const fail = (why: string, cause?: unknown) =>
    settle(new ForwardFailure("CONNECT_FAILED", `cannot connect to ${where}: ${why}`, cause));
  const onReady = () => settle(socket);
  const onError = (error: Error & { code?: string }) => fail(error.message || error.code || error.name, error);
  const onClose = () => fail("it closed the connection");
  const onTimeout = () =>
    settle(new ForwardFailure("CONNECT_TIMEOUT", `cannot connect to ${where} within ${timeoutMs} ms`));
  const timer = setTimeout(onTimeout, timeoutMs);
  socket.on(ready, onReady).on("error", onError).on("close", onClose);
  return { cancel: () => settle(), fail };
}
