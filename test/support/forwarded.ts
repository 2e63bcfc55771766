import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppFactory, createSwitchboard } from "../../src/index.ts";
import { type Forwarder, useForwarder } from "../../src/server/forward/forward.ts";
import type { ForwarderConfig } from "../../src/server/forward/forward-config.ts";
import type { ForwardErrorEvent } from "../../src/server/forward/forward-failure.ts";
import { expectNoLeaks } from "../../src/testing/index.ts";
import { Client } from "./client.ts";
import { RawServer } from "./raw-server.ts";

/** A switchboard whose server for `shop` is somewhere else. */
export interface Forwarded {
  /** The port of the switchboard. */
  port: number;
  forwarder: Forwarder;
  events: ForwardErrorEvent[];
  /** A client of the switchboard, which is gone at the end. */
  connect(): Client;
  /** Stops the server as its hostname stops. */
  stop(): Promise<void>;
}

type Options = Partial<ForwarderConfig>;

/** Runs `body` with a switchboard that forwards to `port`. Nothing may be left at the end. */
export async function withForwarder(
  port: number,
  options: Options,
  body: (forwarded: Forwarded) => Promise<void>,
): Promise<void> {
  await expectNoLeaks(async () => {
    let forwarder: Forwarder | undefined;
    const events: ForwardErrorEvent[] = [];
    const clients: Client[] = [];
    const app: AppFactory = function* ({ server, hostname }) {
      const target = { host: "127.0.0.1", port };
      forwarder = yield* useForwarder({ target, hostname, failed: (event) => events.push(event), ...options });
      const { request, upgrade } = forwarder;
      server.on("checkContinue", request).on("checkExpectation", request).on("upgrade", upgrade);
      return request;
    };
    await using board = await createSwitchboard({ basePort: 0, graceMs: 0, app, observe: false });
    await board.pool.getOrCreate("shop");
    const connect = () => {
      const client = new Client(board.port);
      clients.push(client);
      return client;
    };
    try {
      const stop = () => board.pool.shutdown("shop");
      await body({ port: board.port, forwarder: forwarder as Forwarder, events, connect, stop });
    } finally {
      for (const client of clients) client.destroy();
    }
  });
}

/** The same, to a server that sends bytes as they are. */
export async function withRawServer(
  serve: Parameters<typeof RawServer.listen>[0],
  options: Options,
  body: (forwarded: Forwarded, server: RawServer) => Promise<void>,
): Promise<void> {
  const server = await RawServer.listen(serve);
  try {
    await withForwarder(server.port, options, (forwarded) => body(forwarded, server));
  } finally {
    await server.close();
  }
}

/** The same, to a server of node:http. */
export async function withHttpServer(
  attach: (server: Server) => RequestListener | undefined,
  options: Options,
  body: (forwarded: Forwarded, server: Server) => Promise<void>,
): Promise<void> {
  const server = createServer({ keepAliveTimeout: 65_000 });
  const listener = attach(server);
  if (listener !== undefined) server.on("request", listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await withForwarder((server.address() as AddressInfo).port, options, (forwarded) => body(forwarded, server));
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}
