import { type Operation, run, until } from "effection";
import { type ServerEvent, type ServerPool, type ServerPoolConfig, useServerPool } from "../../src/index.ts";
import { Log } from "./gate.ts";

/** Runs a test body with a pool on free ports, and a log of its events. */
export async function withPool(
  config: ServerPoolConfig,
  body: (pool: ServerPool, log: Log<ServerEvent>) => Operation<void>,
): Promise<Log<ServerEvent>> {
  const log = new Log<ServerEvent>();
  await run(function* () {
    const pool = yield* useServerPool({ basePort: 0, onEvent: log.add, ...config });
    yield* body(pool, log);
  });
  return log;
}

/** Returns when nothing is in flight: a response closes a moment after its client has read it. */
export function* quiet(pool: ServerPool): Operation<void> {
  for (;;) {
    const { requests, sockets } = pool.inspect();
    if (requests.active + sockets.active === 0) return;
    yield* until(new Promise((resolve) => setImmediate(resolve)));
  }
}
