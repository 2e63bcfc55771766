import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { ensure, type Operation, resource, until } from "effection";
import type { Dispatcher } from "undici";
import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";

/** A client that connects to one switchboard, whatever the system's resolver thinks of the names in its URLs. */
export interface Dialer {
  /** Like the global `fetch`. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** For everything else that undici has: `request`, `WebSocket`, `EventSource`. */
  dispatcher(): Promise<Dispatcher>;
}

/** The connections that dialers keep for further requests. */
const kept = new WeakSet<object>();

/** Whether a dialer keeps this connection: it belongs to the switchboard, not to whoever fetched first. */
export function isKept(connection: object): boolean {
  return kept.has(connection);
}

/** The connection is upgraded: it belongs to whoever asked for that. */
export function giveAway(connection: object): void {
  kept.delete(connection);
}

/**
 * A {@link Dialer} for a switchboard that listens on `host`. undici is loaded when it is first needed: those who
 * never dial do not pay for it.
 *
 * **Lifetime.** When the caller ends, its idle connections are closed, so that no drain waits for them; what is in
 * flight goes on. **Failure.** After that it rejects with `POOL_CLOSED`.
 */
export function useDialer(host: string): Operation<Dialer> {
  return resource(function* (provide) {
    let client: ReturnType<typeof createClient> | undefined;
    let closed = false;
    yield* ensure(function* () {
      closed = true;
      if (client === undefined) return;
      const { agent } = yield* until(client);
      void agent.close().catch(noop); // what is in flight goes on: the switchboard's drain waits for it
    });
    const connect = () => {
      if (closed)
        throw new SwitchboardError("POOL_CLOSED", "the switchboard is closed: ask it before, or create another");
      client ??= createClient(host);
      return client;
    };
    yield* provide({
      fetch: async (url, init) => {
        const { fetch, agent } = await connect();
        return fetch(url, { ...(init as object), dispatcher: agent }) as unknown as Promise<Response>;
      },
      dispatcher: async () => (await connect()).agent,
    });
  });
}

async function createClient(host: string) {
  const { Agent, buildConnector, fetch } = await import("undici");
  const address = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const toAddress: LookupFunction = (_hostname, options, callback) => lookup(address, options, callback);
  // The port comes with each connection, which the type of the connector does not know.
  const dial = buildConnector({ lookup: toAddress } as Parameters<typeof buildConnector>[0]);
  const agent = new Agent({
    connect: (options, callback) =>
      dial(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        kept.add(socket);
        callback(null, socket);
      }),
  });
  return { agent, fetch };
}
