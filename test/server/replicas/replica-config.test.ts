import { describe, expect, it } from "vitest";
import { resolveServerPool } from "../../../src/pool/settings.ts";
import { ONE_REPLICA } from "../../../src/server/replicas/replica-config.ts";

const bad = (config: unknown) => resolveServerPool(config as object);

describe("the options of replicas", () => {
  it("are by default one, with no checks", () => {
    expect(resolveServerPool({}).byHostname.of("shop").replicas).toEqual(ONE_REPLICA);
    expect(resolveServerPool({ outliers: {} }).byHostname.of("shop").replicas).toEqual(ONE_REPLICA);
  });

  it("are, for a hostname, those of the most specific pattern that has them", () => {
    const { byHostname } = resolveServerPool({
      replicas: 2,
      health: { path: "/up" },
      hostnames: {
        "*.api": { balance: { stickyBy: "client" }, health: { path: "/live?x=1", fall: 1 } },
        "old.api": { replicas: 4, health: false, outliers: false, slowStartMs: 0 },
      },
    });
    const health = { path: "/up", intervalMs: 10_000, timeoutMs: 2_000, fall: 3, rise: 2 };
    expect(byHostname.of("shop").replicas).toEqual({ ...ONE_REPLICA, replicas: 2, health });
    expect(byHostname.of("a.api").replicas).toEqual({
      ...ONE_REPLICA,
      replicas: 2,
      balance: { stickyBy: "client" },
      health: { ...health, path: "/live?x=1", fall: 1 },
    });
    expect(byHostname.of("old.api").replicas).toEqual({
      replicas: 4,
      balance: { stickyBy: "client" },
      slowStartMs: 0,
      health: false,
      outliers: false,
    });
  });

  it.each([
    [{ replicas: 0 }, "replicas must be a whole number from 1 to 64, got 0"],
    [
      { hostnames: { shop: { replicas: 65 } } },
      "hostnames['shop'].replicas must be a whole number from 1 to 64, got 65",
    ],
    [
      { balance: "fair" },
      "balance must be one of 'power-of-two', 'least-connections', 'round-robin', 'random', got 'fair'",
    ],
    [{ balance: { stickyBy: "name" } }, "balance.stickyBy must be one of 'cookie', 'client', got 'name'"],
    [
      { balance: { stickyBy: "cookie", cookie: "a b" } },
      "balance.cookie must be 1 to 64 letters, digits, - . or _, got 'a b'",
    ],
    [{ balance: { stickyBy: "client", trustedProxies: ["me"] } }, "trustedProxies[0] must be an address"],
    [{ balance: { sticky: true } }, "balance has no option 'sticky'; did you mean 'stickyBy'?"],
    [{ slowStartMs: -1 }, "slowStartMs must be a finite number >= 0"],
    [{ health: {} }, 'health.path must be a path such as "/healthz", got undefined'],
    [{ health: { path: "/a\r\nX: y" } }, 'health.path must be a path such as "/healthz"'],
    [{ health: { path: "/", fall: 0 } }, "health.fall must be a whole number from 1 to 1000, got 0"],
    [
      { health: { path: "/", every: 1 } },
      "health has no option 'every'; it knows path, intervalMs, timeoutMs, fall, rise",
    ],
    [{ health: true }, "health must be an object of options, got true"],
    [{ outliers: { failures: 0 } }, "outliers.failures must be a whole number from 1 to 1000000, got 0"],
    [{ outliers: { ejectMs: 100, maxEjectMs: 50 } }, "outliers.maxEjectMs must be a finite number >= 100"],
  ])("are refused: %j", (config, message) => {
    expect(() => bad(config)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(message) }),
    );
  });
});
