// #region context
import { type Context, createContext, createSignal, type Operation, resource, scoped, suspend } from "effection";
import { useServer } from "../resources/server.ts";
import { useDoor } from "../scopes/door.ts";
import { Entry } from "./entry.ts";
import type { Pool, PoolConfig, ServerEvent, ServerInfo } from "./types.ts";

export const PoolContext: Context<Pool> = createContext<Pool>("tutorial.pool");

/** A pool, also for everything below its owner: `yield* PoolContext.expect()`. */
export function* usePool(config: PoolConfig): Operation<Pool> {
  const pool = yield* createPool(config);
  yield* PoolContext.set(pool);
  return pool;
}
// #endregion

// #region pool
function createPool({ app, maxServers = 100, onEvent, around }: PoolConfig): Operation<Pool> {
  return resource(function* (provide) {
    const entries = new Map<string, Entry>();
    const events = createSignal<ServerEvent, void>();
    const enter = yield* useDoor();
    // #endregion

    // #region emit
    function emit(event: ServerEvent): void {
      onEvent?.(event);
      events.send(event);
    }
    // #endregion

    // #region serve
    /** One server, from its start to its end. */
    function* serve(hostname: string, entry: Entry): Operation<void> {
      try {
        const { server, port } = yield* useServer();
        server.on("request", yield* app({ hostname, server }));
        entry.started({ hostname, port, server });
        emit({ type: "started", hostname, port });
        yield* suspend();
      } catch (error) {
        entry.failed(error);
        throw error;
      }
    }
    // #endregion

    // #region live
    /** Everything that happens for a hostname. */
    function* live(hostname: string, entry: Entry): Operation<void> {
      const life = () => scoped(() => serve(hostname, entry));
      try {
        yield* around === undefined ? life() : around(hostname, life);
      } finally {
        if (entries.get(hostname) === entry) entries.delete(hostname);
        entry.failed(new Error(`"${hostname}" was stopped before it was ready`));
        emit({ type: "stopped", hostname });
      }
    }
    // #endregion

    // #region get-or-create
    async function getOrCreate(hostname: string): Promise<ServerInfo> {
      const existing = entries.get(hostname);
      if (existing !== undefined) return existing.ready;
      if (entries.size >= maxServers)
        throw new Error(`${maxServers} servers are running: there is no room for "${hostname}"`);
      const entry = new Entry();
      entries.set(hostname, entry); // before anything is waited for: the next one to ask finds it
      entry.task = enter(() => live(hostname, entry));
      return entry.ready;
    }
    // #endregion

    // #region rest
    async function shutdown(hostname: string): Promise<void> {
      const entry = entries.get(hostname);
      entries.delete(hostname);
      await entry?.task?.halt();
    }

    const list = () => [...entries.values()].flatMap(({ info }) => info ?? []);
    const get = (hostname: string) => entries.get(hostname)?.info;
    yield* provide({ getOrCreate, get, list, shutdown, events });
  });
}
// #endregion
