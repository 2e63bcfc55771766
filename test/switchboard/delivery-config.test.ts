import { describe, expect, it } from "vitest";
import { createSwitchboard, type RunConfig } from "../../src/index.ts";

const bad = (config: unknown) => config as RunConfig;

describe("the options of a switchboard for its requests", () => {
  it.each([
    [{ rateLimit: { limit: 0, windowMs: 1 } }, "rateLimit: limit must be a whole number from 1 to 4294967295, got 0"],
    [
      { rateLimit: { limit: 1, windowMs: 0 } },
      "rateLimit: windowMs must be a finite number >= 1 (milliseconds, at most 2147483647), got 0",
    ],
    [
      { rateLimit: { limit: 1, windowMs: Number.NaN } },
      "rateLimit: windowMs must be a finite number >= 1 (milliseconds, at most 2147483647), got NaN",
    ],
    [{ rateLimit: {} }, "rateLimit: limit must be a whole number from 1 to 4294967295, got undefined"],
    [{ rateLimit: true }, "rateLimit must be an object of options, or false, got true"],
    [
      { rateLimit: { limit: 1, windowMs: 1, by: "ip" } },
      "rateLimit: by must be one of 'client', 'hostname', 'client-and-hostname', got 'ip'",
    ],
    [
      { rateLimit: { limit: 1, windowMs: 1, max: 3 } },
      "rateLimit: rateLimit has no option 'max'; it knows by, tier, fields, store, limit, windowMs, maxKeys, tiers, penalty",
    ],
    [
      { rateLimit: { limit: 1, windowMs: 1, maxKeys: 3, store: {} } },
      "rateLimit: maxKeys must be left out: the store bounds its keys itself, got 3",
    ],
    [{ concurrency: { max: 0 } }, "concurrency.max must be a whole number from 1 to 1000000, got 0"],
    [{ concurrency: { max: 1, queue: -1 } }, "concurrency.queue must be a whole number from 0 to 1000000, got -1"],
    [
      { concurrency: { max: 1, queueTimeoutMs: Number.POSITIVE_INFINITY } },
      "concurrency.queueTimeoutMs must be a finite number >= 1 (milliseconds, at most 2147483647), got Infinity",
    ],
    [
      { circuitBreaker: { failureThreshold: Number.NaN } },
      "circuitBreaker: failureThreshold must be a whole number from 1 to 2147483647, got NaN",
    ],
    [
      { circuitBreaker: { recoveryMs: -1 } },
      "circuitBreaker: recoveryMs must be a finite number >= 1 (milliseconds, at most 2147483647), got -1",
    ],
    [
      { circuitBreaker: { name: "x" } },
      "circuitBreaker: circuitBreaker has no option 'name'; it knows failureThreshold, failureRatio, recoveryMs, successThreshold, maxProbes, isFailure",
    ],
    [{ circuitBreaker: { isFailure: 500 } }, "circuitBreaker: isFailure must be a function, got 500"],
    [
      { responseTimeoutMs: 0 },
      "responseTimeoutMs must be a finite number >= 1 (milliseconds, at most 2147483647), got 0",
    ],
    [
      { responseIdleTimeoutMs: "1s" },
      "responseIdleTimeoutMs must be a finite number >= 1 (milliseconds, at most 2147483647), got '1s'",
    ],
    [
      { hostnames: { "*.api": { responseTimeoutMs: -1 } } },
      "hostnames['*.api'].responseTimeoutMs must be a finite number >= 1 (milliseconds, at most 2147483647), got -1",
    ],
    [
      { hostnames: { "*.api": { rateLimit: { limit: 1 } } } },
      "hostnames['*.api'].rateLimit: windowMs must be a finite number >= 1 (milliseconds, at most 2147483647), got undefined",
    ],
    [
      { hostnames: { shop: { port: 1 } } },
      "hostnames['shop'] has no option 'port'; it knows restart, idleTimeoutMs, startTimeoutMs, graceMs, replicas, balance, slowStartMs, health, outliers, rateLimit, concurrency, circuitBreaker, responseTimeoutMs, responseIdleTimeoutMs, env",
    ],
    [{ hostnames: { shop: null } }, "hostnames['shop'] must be an object of options, got null"],
    [{ hostnames: [] }, "hostnames must be an object with a pattern for each key, got []"],
    [
      { trustedProxies: ["nearby"] },
      'trustedProxies[0] must be an address, a subnet, "loopback", "linklocal" or "uniquelocal", got \'nearby\'',
    ],
    [{ trustedProxies: "loopback" }, "trustedProxies must be a list of addresses and subnets, got 'loopback'"],
  ])("refuses %j", async (config, message) => {
    await expect(createSwitchboard(bad({ basePort: 0, ...config }))).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message,
    });
  });
});
