import type { Server } from "node:http";
import type { Task } from "effection";
import type { Express } from "express";
import type { OpenedServer, ServerKind } from "../server/server.ts";

/**
 * A server that runs for a hostname.
 *
 * **Lifetime.** One object for each run of a server. Only `host` and `port` can change, while it has several replicas. It
 * stays as it is when the server stops: `pool.get` says whether it still runs.
 *
 * **Failure.** None of its own. A crash of the server ends `task` and is an `error` event of the pool.
 */
export interface ServerInfo {
  /** The routing name it runs for. */
  hostname: string;
  /** Where it runs. */
  kind: ServerKind;
  /** The address it listens on: of the loopback interface, unless somebody else runs it. */
  host: string;
  /** Its own port there. Of several replicas it is that of the first that runs now. */
  port: number;
  /** What the app factory made; another request listener, if it made no Express app, or one that runs elsewhere. */
  app: Express;
  /** Hand it requests by emitting `request` or `upgrade`, or connect to its port: both are counted alike. */
  server: Server;
  /** The life of the server: halt it to stop the server. */
  task: Task<void>;
  /** When it began to listen. */
  startedAt: Date;
}

/** What is told of a server that was opened. */
export function toServerInfo(hostname: string, opened: OpenedServer, task: Task<void>): ServerInfo {
  const { kind, app, server, host, port, replicas } = opened;
  return {
    hostname,
    kind,
    // The first replica may have been started again, or have left.
    get host() {
      return replicas?.address.host ?? host;
    },
    get port() {
      return replicas?.address.port ?? port;
    },
    app: app as Express,
    server,
    task,
    startedAt: new Date(),
  };
}

/**
 * Where a hostname's server is in its life.
 *
 * **Lifetime.** Each server goes through them in this order, once; a start that fails goes straight to `stopping`.
 * `stopping` covers every way down, also a crash, until the port is free again; what is gone is no longer listed.
 *
 * **Failure.** None: a failure is an `error` event, not a state.
 */
export type EntryState = "starting" | "running" | "stopping" | "gone";
