// #region types
import type { RequestListener, Server } from "node:http";
import type { Operation, Stream } from "effection";

/** A server that runs for a hostname. */
export interface ServerInfo {
  hostname: string;
  port: number;
  server: Server;
}

export type ServerEvent = { type: "started"; hostname: string; port: number } | { type: "stopped"; hostname: string };

export interface Pool {
  /** The server of a hostname; starts one when there is none. */
  getOrCreate(hostname: string): Promise<ServerInfo>;
  /** The server of a hostname, if it runs. */
  get(hostname: string): ServerInfo | undefined;
  list(): ServerInfo[];
  /** Stops the server of a hostname; resolves when its port is free. */
  shutdown(hostname: string): Promise<void>;
  events: Stream<ServerEvent, void>;
}
// #endregion

// #region config
/** Makes the app of a hostname. What it acquires lives as long as the server. */
export type AppFactory = (context: { hostname: string; server: Server }) => Operation<RequestListener>;

/** What runs around the life of each server. */
export type Around = (hostname: string, life: () => Operation<void>) => Operation<void>;

export interface PoolConfig {
  app: AppFactory;
  maxServers?: number;
  onEvent?: (event: ServerEvent) => void;
  around?: Around;
}
// #endregion
