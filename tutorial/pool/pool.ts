// #region context
import {
  type Context,
  createContext,
  createSignal,
  ensure,
  type Operation,
  resource,
  scoped,
  suspend,
} from "effection";
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
    yield* ensure(() => {
      for (const [hostname, entry] of entries) leave(hostname, entry);
    });
    const enter = yield* useDoor();
    // #endregion

    // #region emit
    const events = createSignal<ServerEvent, void>();

    function emit(event: ServerEvent): void {
      onEvent?.(event);
      events.send(event);
    }
    // #endregion

    // #region serve
    /** A server, from its start to its end. */
    function* serve(hostname: string, entry: Entry): Operation<void> {
      let started = false;
      try {
        yield* scoped(function* () {
          const { server, port } = yield* useServer();
          server.on("request", yield* app({ hostname, server }));
          started = true;
          entry.started({ hostname, port, server });
          yield* ensure(() => entry.failed(new Error(`"${hostname}" is stopping`))); // nobody is sent to what is ending
          emit({ type: "started", hostname, port });
          yield* suspend();
        });
      } catch (error) {
        entry.failed(error);
        throw error;
      } finally {
        if (started) emit({ type: "stopped", hostname });
      }
    }
    // #endregion

    // #region live
    /** Everything that happens for a hostname. */
    function* live(hostname: string, entry: Entry): Operation<void> {
      const life = () => serve(hostname, entry);
      try {
        yield* around === undefined ? life() : around(hostname, life);
      } finally {
        leave(hostname, entry);
      }
    }

    function leave(hostname: string, entry: Entry): void {
      entry.failed(new Error(`"${hostname}" was stopped`));
      if (entries.get(hostname) === entry) entries.delete(hostname);
    }
    // #endregion

    // #region get-or-create
    async function getOrCreate(hostname: string): Promise<ServerInfo> {
      let entry = entries.get(hostname);
      while (entry?.stopping !== undefined) {
        await entry.stopping;
        entry = entries.get(hostname);
      }
      return (entry ?? start(hostname)).ready;
    }

    function start(hostname: string): Entry {
      if (entries.size >= maxServers)
        throw new Error(`all ${maxServers} places are taken: there is none for "${hostname}"`);
      const entry = new Entry();
      entries.set(hostname, entry); // first: a life can be over before `enter` returns
      try {
        entry.task = enter(() => live(hostname, entry));
      } catch (error) {
        leave(hostname, entry); // the door was closed
        throw error;
      }
      return entry;
    }
    // #endregion

    // #region rest
    async function shutdown(hostname: string): Promise<void> {
      const entry = entries.get(hostname);
      if (entry === undefined) return;
      entry.info = undefined;
      entry.stopping ??= entry.task?.halt();
      await entry.stopping;
      leave(hostname, entry); // a task that was halted before it began has not done so itself
    }

    const list = () => [...entries.values()].flatMap(({ info }) => info ?? []);
    const get = (hostname: string) => entries.get(hostname)?.info;
    yield* provide({ getOrCreate, get, list, shutdown, events });
  });
}
// #endregion
