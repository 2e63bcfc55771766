import { type Operation, until } from "effection";
import type { Pool } from "../types.ts";

/** Starts many servers at the same time: those that are up, and why the others are not. */
export function* warm(
  pool: Pool,
  hostnames: readonly string[],
): Operation<{ up: string[]; failed: { hostname: string; reason: string }[] }> {
  const results = yield* until(Promise.allSettled(hostnames.map((hostname) => pool.getOrCreate(hostname))));
  return {
    up: hostnames.filter((_, i) => results[i]?.status === "fulfilled"),
    failed: hostnames.flatMap((hostname, i) => {
      const result = results[i];
      return result?.status === "rejected" ? { hostname, reason: result.reason.message } : [];
    }),
  };
}
