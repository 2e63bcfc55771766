import type { ChildProcess } from "node:child_process";
import type { AddressInfo } from "node:net";
import type { Worker } from "node:worker_threads";
import { isKept } from "../../start/dialer.ts";

/** Something that Node has made. */
export interface Made {
  /** Node's own object for it. */
  readonly resource: object;
  /** Of a worker thread: Node tells it a moment later. */
  worker: Worker | undefined;
}

/** A kind of things that can be left. */
export interface Kind {
  /** What is left, as text. */
  describe(made: Made): string;
  /** Whether it is over although Node has not said so, or is not the body's. */
  isOver?(made: Made): boolean;
}

/** What Node's handles have, in all versions, without being documented. */
interface Handle {
  getsockname?(address: Partial<AddressInfo>): number;
  getpeername?(address: Partial<AddressInfo>): number;
}

interface Timer {
  _destroyed?: boolean;
  _idleTimeout?: number;
  _repeat?: number | null;
}

const isOver = ({ resource }: Made) => (resource as Timer)._destroyed === true;

/** By the type that `async_hooks` gives them: https://nodejs.org/api/async_hooks.html#type */
export const KINDS: Readonly<Record<string, Kind>> = {
  TCPSERVERWRAP: { describe: ({ resource }) => `TCP server on ${address(resource, "getsockname")}` },
  PIPESERVERWRAP: {
    describe: ({ resource }) => `pipe server${on(ownerOf<{ _pipeName?: string }>(resource)?._pipeName)}`,
  },
  TCPWRAP: {
    describe: ({ resource }) =>
      `TCP socket from ${address(resource, "getsockname")} to ${address(resource, "getpeername")}`,
    isOver: ({ resource }) => isKept(ownerOf<object>(resource) ?? resource),
  },
  PIPEWRAP: { describe: () => "pipe" },
  UDPWRAP: { describe: ({ resource }) => `UDP socket on ${address(resource, "getsockname")}` },
  PROCESSWRAP: {
    describe({ resource }) {
      const { pid, spawnargs = [] } = ownerOf<ChildProcess>(resource) ?? {};
      return `child process ${pid} (${spawnargs.join(" ")})`;
    },
  },
  WORKER: {
    describe: ({ worker }) => `worker thread ${worker?.threadId}`,
    isOver: ({ worker }) => worker?.threadId === -1,
  },
  FSEVENTWRAP: { describe: () => "file watcher" },
  STATWATCHER: { describe: () => "polling file watcher" },
  Timeout: {
    describe({ resource }) {
      const { _repeat, _idleTimeout } = resource as Timer;
      return _repeat ? `Interval of ${_repeat} ms` : `Timeout of ${_idleTimeout} ms`;
    },
    isOver,
  },
  Immediate: { describe: () => "Immediate", isOver },
};

function address(handle: Handle, which: "getsockname" | "getpeername"): string {
  const found: Partial<AddressInfo> = {};
  handle[which]?.(found);
  if (found.port === undefined) return "nowhere";
  return found.family === "IPv6" ? `[${found.address}]:${found.port}` : `${found.address}:${found.port}`;
}

/** What users know of a handle. */
function ownerOf<T>(handle: object): T | undefined {
  const symbol = Object.getOwnPropertySymbols(handle).find(({ description }) => description === "owner_symbol");
  return symbol && (handle as Record<symbol, T | undefined>)[symbol];
}

function on(path: string | undefined): string {
  return path === undefined ? "" : ` on ${path}`;
}
