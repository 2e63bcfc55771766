import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ONE_REPLICA, type ReplicaSettings } from "../../../src/server/replicas/replica-config.ts";
import { ReplicaHealth } from "../../../src/server/replicas/replica-health.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

function joined(more: Partial<ReplicaSettings>): ReplicaHealth {
  const health = new ReplicaHealth({ ...ONE_REPLICA, ...more }, { mayEject: () => true, changed: () => {} });
  health.joined();
  return health;
}

const answer = (statusCode: number) => ({ statusCode, writableFinished: true }) as ServerResponse;

describe("the share of a replica", () => {
  it("grows from a tenth to all of it, from when it joins and from when its checks succeed again", () => {
    const checks = { path: "/", intervalMs: 1, timeoutMs: 1, fall: 1, rise: 1 };
    const health = joined({ slowStartMs: 1_000, health: checks });
    expect(health.weight).toBe(0.1);
    vi.advanceTimersByTime(500);
    expect(health.weight).toBe(0.5);
    vi.advanceTimersByTime(500);
    expect(health.weight).toBe(1);
    health.checked("why");
    health.checked(undefined);
    expect(health.weight).toBe(0.1);
    vi.advanceTimersByTime(400);
    health.checked(undefined);
    expect(health.weight).toBe(0.4);
  });

  it("is all of it at once when that is off", () => {
    expect(joined({ slowStartMs: 0 }).weight).toBe(1);
  });
});

describe("answers of a replica", () => {
  const outliers = { failures: 2, ejectMs: 100, maxEjectMs: 100 };

  it("have it left out for a while, and no timer when it has left", () => {
    const health = joined({ outliers });
    for (const status of [500, 200, 503, 599]) health.answered(answer(status));
    expect([health.isEjected, health.status]).toEqual([true, "unhealthy"]);
    vi.advanceTimersByTime(100);
    expect([health.isEjected, health.status]).toEqual([false, "healthy"]);
    for (const status of [500, 500]) health.answered(answer(status));
    health.left();
    for (const status of [500, 500, 500, 500]) health.answered(answer(status));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not held against it when they are ours: a request that goes in circles", () => {
    const health = joined({ outliers });
    for (let i = 0; i < 10; i += 1) health.answered(answer(508));
    expect(health.isEjected).toBe(false);
  });
});
