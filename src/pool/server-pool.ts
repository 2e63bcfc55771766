import { ensure, type Operation, resource, spawn } from "effection";
import { useTaskScope } from "../base/operations.ts";
import { Pool } from "./pool.ts";
import { type ServerPool, ServerPoolContext } from "./server-pool-contract.ts";
import { resolveServerPool, type ServerPoolConfig, type ServerPoolSettings } from "./settings.ts";

/**
 * A pool of servers.
 *
 * **Lifetime.** Ready at once, with no server. When the caller ends, every server stops, all in parallel: each
 * drains for at most `graceMs`; what an app's own cleanup takes is waited for. The last events are sent, then `events`
 * ends. After that `getOrCreate` rejects with `POOL_CLOSED`.
 *
 * **Failure.** Throws `INVALID_OPTION` before anything is opened. No failure of a server reaches the pool or its owner.
 *
 * ```ts
 * const pool = yield* useServerPool({ app: ({ hostname }) => express().get("/", (_, res) => void res.send(hostname)) });
 * const { port } = yield* pool.getOrCreate("shop");
 * ```
 */
export function useServerPool(config: ServerPoolConfig = {}): Operation<ServerPool> {
  return openPool(resolveServerPool(config));
}

/** {@link useServerPool}, with settings that are checked already. */
export function* openPool(settings: ServerPoolSettings): Operation<ServerPool> {
  const pool = yield* usePool(settings);
  yield* ServerPoolContext.set(pool); // here, not in the resource: a resource sets it for itself alone
  for (const hostname of settings.pinned) void pool.pin(hostname);
  return pool;
}

function usePool(settings: ServerPoolSettings): Operation<ServerPool> {
  return resource(function* (provide) {
    // Acquired before the ensure below: were the servers its siblings, they would be halted first, one by one.
    const scope = yield* useTaskScope();
    const pool = new Pool(settings, scope);
    yield* ensure(() => pool.close());
    if (settings.byHostname.shortestIdleMs !== Number.POSITIVE_INFINITY) {
      yield* spawn(() => pool.stopIdle());
    }
    yield* provide(pool);
  });
}
