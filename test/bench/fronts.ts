import type { Operation } from "effection";
import { useProgram } from "./process.ts";
import type { AppKind } from "./programs/apps.ts";
import { installedProxies, useProxy } from "./proxies.ts";
import type { Bench } from "./section.ts";

/** Something a client connects to, and where. */
export interface Front {
  name: string;
  port: number;
}

/** What a program reports that listens. */
export interface Listening {
  port: number;
  pid: number;
}

/**
 * The server itself first, then everything that can stand in front of it. The proxies share a server of their own:
 * the first one must not be warmer than the switchboard is.
 */
export function* useFronts(kind: AppKind, { directory }: Bench): Operation<{ fronts: Front[]; missing: string[] }> {
  const direct = yield* useDirectServer(kind);
  const upstream = yield* useDirectServer(kind);
  const switchboard = yield* useSwitchboardProgram(kind, 1);
  const unobserved = yield* useSwitchboardProgram(kind, 1, ["unobserved"]);
  const keepAlive = yield* useHttpProxy("keep-alive", upstream.port);
  const naive = yield* useHttpProxy("naive", upstream.port);
  const fronts = [
    { name: "direct", port: direct.port },
    { name: "switchboard, observe: false", port: unobserved.port },
    { name: "switchboard", port: switchboard.port },
    { name: "http-proxy, keep-alive agent", port: keepAlive.port },
    { name: "naive: Express + http-proxy", port: naive.port },
  ];
  const missing: string[] = [];
  for (const name of installedProxies()) {
    try {
      fronts.push({ name, port: yield* useProxy(name, upstream.port, directory) });
    } catch (error) {
      missing.push(`without ${name}: ${(error as Error).message}`);
    }
  }
  return { fronts, missing };
}

/** A switchboard in a process of its own. The servers of h0, h1, ... run when this returns. */
export function useSwitchboardProgram(
  kind: AppKind | "shared" | "demo",
  hostnames: number,
  guards: readonly string[] = [],
): Operation<Listening & { pid: number }> {
  return useProgram(new URL("./programs/switchboard.ts", import.meta.url), [kind, hostnames, ...guards]);
}

/** A front that forwards to a server on another port of this machine. */
export function useForwardProgram(upstream: number): Operation<Listening> {
  return useProgram(new URL("./programs/forward.ts", import.meta.url), [upstream]);
}

/** A server of node:http and nothing else. */
export function useDirectServer(kind: AppKind): Operation<Listening> {
  return useProgram(new URL("./programs/direct.ts", import.meta.url), [kind]);
}

/** http-proxy in front of a server on another port of this machine. */
export function useHttpProxy(kind: "keep-alive" | "naive", upstream: number): Operation<Listening> {
  return useProgram(new URL("./programs/http-proxy.ts", import.meta.url), [kind, upstream]);
}
