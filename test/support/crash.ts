import { type Operation, until } from "effection";
import type { EventLog } from "effection-switchboard/testing";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { AppFactory, ServerEvent, ServerPool } from "../../src/index.ts";

/** Fakes timers and clock of a pool in the tests of this file, while its sockets are real; delays are their longest. */
export function controlTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export function later(ms: number): Operation<unknown> {
  return until(vi.advanceTimersByTimeAsync(ms));
}

/** An app for every name; `crash` ends its server as a crash does. */
export const crashing: AppFactory = ({ server }) => {
  server.on("crash", () => server.close());
  return (_request, response) => void response.end("ok");
};

/** Crashes the running server of `hostname`, and returns what the pool says comes next. */
export async function crash(pool: ServerPool, log: EventLog<ServerEvent>, hostname: string): Promise<ServerEvent> {
  const from = log.all.length;
  pool.get(hostname)?.server.emit("crash");
  await log.next("stopped", hostname);
  const next = log.all.slice(from).find(({ type }) => ["backing-off", "restarting", "failed"].includes(type));
  if (next === undefined) throw new Error(`nothing comes next for ${hostname}`);
  return next;
}
