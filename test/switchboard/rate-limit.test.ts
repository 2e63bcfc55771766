import type { RateLimitStore, RateUse } from "effection-switchboard/resilience";
import express from "express";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppFactory } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const app: AppFactory = ({ hostname }) => express().use((_request, response) => void response.send(hostname));

/** A store elsewhere, which answers when, and what, `answer` says. */
function elsewhere(answer: () => Promise<RateUse>): RateLimitStore<Promise<RateUse>> {
  return { take: answer, look: answer, block: async () => {} };
}

describe("a rate limit", () => {
  it("lets its number through in any window, and answers 429 with what the client needs to know", async () => {
    await withBoard({ app, rateLimit: { limit: 2, windowMs: 60_000 } }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(200);
      vi.advanceTimersByTime(20_000);
      expect((await board.fetch("shop")).status).toBe(200);
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("40");
      expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
      expect(refused.headers.get("ratelimit")).toBe('"default";r=0;t=40');
      expect(await refused.json()).toMatchObject({
        code: "RATE_LIMITED",
        hostname: "shop",
        detail: "the limit is 2 requests in 60 s; ask again in 40 s",
      });
      vi.advanceTimersByTime(40_000);
      expect((await board.fetch("shop")).status).toBe(200);
      expect((await board.fetch("shop")).status).toBe(429);
    });
  });

  it("starts no server for what it refuses", async () => {
    const { log } = await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000 } }, async (board) => {
      await board.fetch("a");
      for (const name of ["b", "c", "d"]) expect((await board.fetch(name)).status).toBe(429);
    });
    expect(log.lines("starting")).toEqual(["starting a"]);
  });

  it.each([
    ["client", [200, 429, 429]],
    ["hostname", [200, 429, 200]],
    ["client-and-hostname", [200, 429, 200]],
  ] as const)("counts by %s", async (by, statuses) => {
    await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000, by } }, async (board) => {
      const seen = [await board.fetch("a"), await board.fetch("a"), await board.fetch("b")];
      expect(seen.map(({ status }) => status)).toEqual(statuses);
    });
  });

  it("counts by whatever a function names", async () => {
    const by = (request: { headers: Record<string, unknown> }) => String(request.headers["x-key"]);
    await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000, by } }, async (board) => {
      const ask = (key: string) => board.fetch("a", "/", { headers: { "x-key": key } });
      expect((await ask("1")).status).toBe(200);
      expect((await ask("2")).status).toBe(200);
      expect((await ask("1")).status).toBe(429);
    });
  });

  it.each(["by", "tier"])("answers 500 and reports when its %s throws, and goes on", async (option) => {
    const broken = () => {
      throw new Error("no idea");
    };
    const { log } = await withBoard(
      { app, rateLimit: { limit: 1, windowMs: 1_000, [option]: broken } },
      async (board) => {
        const response = await board.fetch("shop");
        expect(response.status).toBe(500);
        expect(await response.json()).toMatchObject({ code: "ADMIT_FAILED" });
      },
    );
    expect(log.all.filter(({ type }) => type === "front-error")).toMatchObject([
      { hostname: "shop", message: "no idea" },
    ]);
  });

  it("believes X-Forwarded-For of trusted proxies only", async () => {
    const rateLimit = { limit: 1, windowMs: 1_000 };
    const ask = (board: { fetch: (...args: [string, string, RequestInit]) => Promise<Response> }, from: string) =>
      board.fetch("a", "/", { headers: { "x-forwarded-for": from } });
    await withBoard({ app, rateLimit }, async (board) => {
      expect((await ask(board, "192.0.2.1")).status).toBe(200);
      expect((await ask(board, "192.0.2.2")).status).toBe(429);
    });
    await withBoard({ app, rateLimit, trustedProxies: ["loopback"] }, async (board) => {
      expect((await ask(board, "192.0.2.1")).status).toBe(200);
      expect((await ask(board, "192.0.2.2")).status).toBe(200);
      expect((await ask(board, "8.8.8.8, 192.0.2.2")).status).toBe(429);
    });
  });

  it.each([
    ["2001:db8:1:2::7", "2001:db8:1:2:ffff::1", 429],
    ["2001:db8::7", "2001:db8::1:0:0:0:8", 200],
    ["2001:db8:1:2::7", "2001:db8:1:3::7", 200],
    ["::1", "::2", 429],
    ["2001:db8::7", "2001:0DB8:0000::7", 429],
    ["::ffff:192.0.2.1", "::FFFF:c000:0201", 429],
    ["::ffff:192.0.2.1", "0:0:0:0:0:ffff:192.0.2.2", 200],
    ["fe80::1%eth0", "fe80::2%eth1", 429],
    ["::ffff:192.0.2.1", "192.0.2.1", 429],
  ])("takes %s and %s for one client, or not", async (first, second, status) => {
    const config = { app, rateLimit: { limit: 1, windowMs: 1_000 }, trustedProxies: ["loopback"] };
    await withBoard(config, async (board) => {
      const ask = (from: string) => board.fetch("a", "/", { headers: { "x-forwarded-for": from } });
      expect((await ask(first)).status).toBe(200);
      expect((await ask(second)).status).toBe(status);
    });
  });

  it("has a limit for each tier, by method unless a function says otherwise", async () => {
    const tiers = { read: { limit: 2, windowMs: 1_000 }, write: { limit: 1, windowMs: 1_000 } };
    await withBoard({ app, rateLimit: { limit: 9, windowMs: 1_000, tiers } }, async (board) => {
      const statuses: number[] = [];
      for (const method of ["GET", "POST", "HEAD", "DELETE", "GET"]) {
        statuses.push((await board.fetch("a", "/", { method })).status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      const refused = await board.fetch("a", "/", { method: "PUT" });
      expect(refused.headers.get("ratelimit-policy")).toBe('"write";q=1;w=1');
      const detail = expect.stringMatching(/^the limit is 1 request of the tier "write" in 1 s; ask again in 1 s$/);
      expect(await refused.json()).toMatchObject({ detail });
    });
    const tier = (request: { url?: string | undefined }) => (request.url === "/admin" ? "write" : undefined);
    await withBoard({ app, rateLimit: { limit: 9, windowMs: 1_000, tiers, tier } }, async (board) => {
      expect((await board.fetch("a", "/admin")).status).toBe(200);
      expect((await board.fetch("a", "/admin")).status).toBe(429);
      expect((await board.fetch("a", "/")).status).toBe(200);
    });
  });

  it("tells the state in every answer where that is wanted", async () => {
    await withBoard({ app, rateLimit: { limit: 5, windowMs: 10_000, fields: "all" } }, async (board) => {
      const { headers } = await board.fetch("a");
      expect(headers.get("ratelimit-policy")).toBe('"default";q=5;w=10');
      expect(headers.get("ratelimit")).toBe('"default";r=4;t=10');
    });
  });

  it("blocks who does not stop, and tells it", async () => {
    const penalty = { after: 2, withinMs: 1_000, blockMs: 60_000 };
    const { log } = await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000, penalty } }, async (board) => {
      for (const status of [200, 429, 429]) expect((await board.fetch("a")).status).toBe(status);
      vi.advanceTimersByTime(30_000);
      const blocked = await board.fetch("a");
      expect(blocked.status).toBe(429);
      expect(blocked.headers.get("retry-after")).toBe("30");
      vi.advanceTimersByTime(30_000);
      expect((await board.fetch("a")).status).toBe(200);
    });
    expect(log.all).toContainEqual({ type: "blocked", key: "127.0.0.1", ms: 60_000 });
  });

  it("is that of the most specific pattern, shared by the names that fit it, and can be turned off", async () => {
    const hostnames = {
      "*.api": { rateLimit: { limit: 2, windowMs: 1_000 } },
      "free.api": { rateLimit: false as const },
    };
    await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000 }, hostnames }, async (board) => {
      const ask = async (hostname: string) => (await board.fetch(hostname)).status;
      expect([await ask("a.api"), await ask("b.api"), await ask("c.api")]).toEqual([200, 200, 429]);
      expect([await ask("shop"), await ask("blog")]).toEqual([200, 429]);
      expect([await ask("free.api"), await ask("free.api"), await ask("free.api")]).toEqual([200, 200, 200]);
    });
  });

  it("counts upgrades, and one that no app takes once only", async () => {
    await withBoard({ app, rateLimit: { limit: 1, windowMs: 1_000 } }, async (board) => {
      const upgrade = get("a", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
      const first = new Client(board.port).send(upgrade);
      expect(await first.until("\r\n\r\na")).toMatch(/^HTTP\/1.1 200 /);
      const second = new Client(board.port).send(upgrade);
      expect(await second.end()).toMatch(/^HTTP\/1.1 429 .*\r\nRetry-After: 1\r\n/s);
      first.destroy();
      second.destroy();
    });
  });

  it("asks a store that others share, and lets requests through while that fails", async () => {
    const use = { free: true, used: 1, resetMs: 0, retryAfterMs: 0, blockedMs: 0 };
    const answers = [
      async () => use,
      async () => ({ ...use, free: false, retryAfterMs: 5_000 }),
      async () => Promise.reject(new Error("store is down")),
      () => {
        throw new Error("store has no connection");
      },
      () => new Promise<RateUse>(() => {}),
    ];
    const store = elsewhere(() => (answers.shift() as () => Promise<RateUse>)());
    const config = { app, rateLimit: { limit: 1, windowMs: 1_000, store }, admitTimeoutMs: 20 };
    const { log } = await withBoard(config, async (board) => {
      const statuses: number[] = [];
      for (let i = 0; i < 5; i += 1) statuses.push((await board.fetch("a")).status);
      expect(statuses).toEqual([200, 429, 200, 200, 200]);
    });
    expect(log.all.flatMap((event) => (event.type === "front-error" ? [event.message] : []))).toEqual([
      "store is down",
      "store has no connection",
      "the store of the rate limit has not answered within 20 ms",
    ]);
  });

  it("lets exactly its number through, however many ask at once", async () => {
    await withBoard({ app, rateLimit: { limit: 100, windowMs: 60_000 } }, async (board) => {
      await board.fetch("a");
      const answers = await Promise.all(Array.from({ length: 150 }, () => board.fetch("a")));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
      await Promise.all(answers.map((answer) => answer.text()));
    });
  });
});
