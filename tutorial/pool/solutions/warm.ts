import { type Operation, until } from "effection";
import type { Pool } from "../types.ts";

/** Starts many servers at the same time, and returns their ports by hostname. */
export function* warm(pool: Pool, hostnames: readonly string[]): Operation<Map<string, number>> {
  const servers = yield* until(Promise.all(hostnames.map((hostname) => pool.getOrCreate(hostname))));
  return new Map(servers.map(({ hostname, port }) => [hostname, port]));
}
