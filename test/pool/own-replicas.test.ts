import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RestartConfig } from "../../src/index.ts";
import { ownReplicas } from "../../src/pool/own-replicas.ts";
import { createPorts } from "../../src/pool/ports.ts";
import { resolveServerPool } from "../../src/pool/settings.ts";
import { Turns } from "../../src/resilience/turns.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

function restarts(restart: RestartConfig) {
  const settings = resolveServerPool({ restart }).byHostname.of("shop");
  const pool = { ports: createPorts(0), turns: new Turns(1), failsHealth: () => false, emit: () => {} };
  const owner = ownReplicas("shop", settings, pool, { late: () => new Error(), notYet: () => {} });
  return owner.restarts();
}

describe("a replica that keeps failing", () => {
  const backoff = { initialMs: 10, maxMs: 10 };

  it("starts again after its backoff, so often within the time, and then after the cool-down", () => {
    const own = restarts({ backoff, maxRestarts: 2, withinMs: 1_000, coolDownMs: 5_000 });
    for (let i = 0; i < 2; i += 1) {
      expect(own.failed()).toBeLessThanOrEqual(10);
      own.began();
    }
    expect(own.failed()).toBe(5_000);
    own.began();
    expect(own.failed()).toBe(5_000); // its trial has failed
  });

  it("begins anew when it has run for long enough in between", () => {
    const own = restarts({ backoff, maxRestarts: 0, withinMs: 1_000, coolDownMs: 5_000 });
    expect(own.failed()).toBe(5_000);
    own.began();
    own.ran();
    vi.advanceTimersByTime(999);
    expect(own.failed()).toBe(5_000);
    const other = restarts({ backoff, maxRestarts: 1, withinMs: 1_000, coolDownMs: 5_000 });
    other.failed();
    other.began();
    expect(other.failed()).toBe(5_000);
    other.began();
    other.ran();
    vi.advanceTimersByTime(1_000);
    expect(other.failed()).toBeLessThanOrEqual(10);
  });

  it("does not start again by itself where the policy is temporary", () => {
    expect(restarts({ policy: "temporary" }).failed()).toBeUndefined();
    expect(restarts({ policy: "transient" }).failed()).toBeTypeOf("number");
  });
});
