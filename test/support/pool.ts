import { type Operation, run, until } from "effection";
import { createEventLog, type EventLog, expectNoLeaks } from "effection-switchboard/testing";
import { type ServerEvent, type ServerPool, type ServerPoolConfig, useServerPool } from "../../src/index.ts";

/** Runs a test body with a pool on free ports, and a log of its events. Nothing may be left. */
export async function withPool(
  config: ServerPoolConfig,
  body: (pool: ServerPool, log: EventLog<ServerEvent>) => Operation<void>,
): Promise<EventLog<ServerEvent>> {
  const log = createEventLog<ServerEvent>();
  await expectNoLeaks(() =>
    run(function* () {
      const pool = yield* useServerPool({ basePort: 0, onEvent: log.add, ...config });
      yield* body(pool, log);
    }),
  );
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
