import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppFactory, RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Answers with the status that its path names. */
const app: AppFactory = () => (request, response) => {
  const path = request.url ?? "";
  if (path === "/hang") return;
  response.writeHead(Number(path.slice(1)) || 200).end();
};

async function statuses(board: RunningSwitchboard, hostname: string, ...paths: string[]): Promise<number[]> {
  const seen: number[] = [];
  for (const path of paths) seen.push((await board.fetch(hostname, path)).status);
  return seen;
}

describe("the circuit breaker of a hostname", () => {
  it("opens after failures, half-opens in time, and closes after successes", async () => {
    const circuitBreaker = { failureThreshold: 2, recoveryMs: 1_000, successThreshold: 2 };
    const { log } = await withBoard({ app, circuitBreaker }, async (board) => {
      expect(await statuses(board, "shop", "/500", "/200", "/500", "/502")).toEqual([500, 200, 500, 502]);
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({
        code: "CIRCUIT_OPEN",
        hostname: "shop",
        detail: '"shop" keeps failing, so it is not asked for now; ask again in 1 s',
      });
      expect(await statuses(board, "blog", "/")).toEqual([200]);
      vi.advanceTimersByTime(1_000);
      expect(await statuses(board, "shop", "/500", "/200")).toEqual([500, 503]);
      vi.advanceTimersByTime(1_000);
      expect(await statuses(board, "shop", "/200", "/404", "/500", "/200")).toEqual([200, 404, 500, 200]);
    });
    expect(log.all.flatMap((event) => (event.type.startsWith("circuit-") ? [event] : []))).toEqual([
      { type: "circuit-opened", hostname: "shop", retryAfterMs: 1_000 },
      { type: "circuit-half-opened", hostname: "shop" },
      { type: "circuit-opened", hostname: "shop", retryAfterMs: 1_000 },
      { type: "circuit-half-opened", hostname: "shop" },
      { type: "circuit-closed", hostname: "shop" },
    ]);
  });

  it("is off unless it is asked for", async () => {
    await withBoard({ app, hostnames: { shop: { circuitBreaker: { failureThreshold: 1 } } } }, async (board) => {
      expect(await statuses(board, "blog", "/500", "/500", "/500")).toEqual([500, 500, 500]);
      expect(board.circuit("blog")).toBeUndefined();
      expect(await statuses(board, "shop", "/500", "/500")).toEqual([500, 503]);
      expect(board.circuit("shop")?.state).toBe("open");
    });
  });

  it("counts what isFailure says, also when that throws", async () => {
    const circuitBreaker = { failureThreshold: 1, isFailure: (status: number) => status === 418 };
    await withBoard({ app, circuitBreaker }, async (board) => {
      expect(await statuses(board, "shop", "/500", "/418", "/200")).toEqual([500, 418, 503]);
    });
    const warnings: unknown[] = [];
    const listen = (warning: unknown) => void warnings.push(warning);
    process.on("warning", listen);
    const isFailure = () => {
      throw new Error("isFailure is broken");
    };
    await withBoard({ app, circuitBreaker: { failureThreshold: 1, isFailure } }, async (board) => {
      expect(await statuses(board, "shop", "/200", "/200")).toEqual([200, 503]);
      await vi.waitFor(() => expect(warnings).toMatchObject([{ message: "isFailure is broken" }]));
    });
    process.off("warning", listen);
  });

  it("counts an answer that the app fails to end, and no page that says that it starts", async () => {
    const breaking: AppFactory = () => (_request, response) => {
      response.write("begun");
      throw new Error("broken");
    };
    await withBoard({ app: breaking, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
      await expect(board.fetch("shop").then((response) => response.text())).rejects.toThrow();
      await vi.waitFor(() => expect(board.circuit("shop")?.state).toBe("open"));
    });
    const slow: AppFactory = () => new Promise(() => {});
    await withBoard({ app: slow, waitingPageMs: 1, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
      const fields = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\nConnection: close\r\n";
      const client = new Client(board.port).send(get("shop", "/", fields));
      expect(await client.end()).toContain("shop is starting");
      client.destroy();
      expect(board.circuit("shop")?.state).toBe("closed");
      await board.pool.shutdown("shop");
    });
  });

  it("counts nothing when the client leaves", async () => {
    await withBoard({ app, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/hang"));
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
      client.destroy();
      await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(0));
      expect(board.circuit("shop")?.state).toBe("closed");
    });
  });

  it("gives back the place of a probe whose client leaves", async () => {
    await withBoard(
      { app, circuitBreaker: { failureThreshold: 1, recoveryMs: 1_000, successThreshold: 1 } },
      async (board) => {
        expect(await statuses(board, "shop", "/500")).toEqual([500]);
        vi.advanceTimersByTime(1_000);
        const probe = new Client(board.port).send(get("shop", "/hang"));
        await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBe(1));
        const other = await board.fetch("shop");
        expect(await other.json()).toMatchObject({
          code: "CIRCUIT_OPEN",
          detail: '"shop" kept failing, and is being tried by another request; ask again later',
        });
        probe.destroy();
        await vi.waitFor(async () => expect((await board.fetch("shop")).status).toBe(200));
      },
    );
  });

  it("counts a start that fails, but not that the pool has no room", async () => {
    const config = { maxServers: 1, whenFull: "reject", circuitBreaker: { failureThreshold: 1 } } as const;
    const failing: AppFactory = (context) => {
      if (context.hostname === "broken") throw new Error("no database");
      return app(context);
    };
    await withBoard({ ...config, app: failing }, async (board) => {
      const codes: unknown[] = [];
      const ask = async (hostname: string) => {
        const response = await board.fetch(hostname);
        codes.push(response.status === 200 ? 200 : ((await response.json()) as { code: string }).code);
      };
      for (const hostname of ["broken", "broken", "shop", "blog", "blog"]) await ask(hostname);
      await board.pool.shutdown("shop");
      await ask("blog");
      expect(codes).toEqual(["START_FAILED", "CIRCUIT_OPEN", 200, "POOL_FULL", "POOL_FULL", 200]);
    });
  });

  it("counts injected faults, so that it can be tried", async () => {
    await withBoard({ app, circuitBreaker: { failureThreshold: 2 } }, async (board) => {
      board.fault({ hostname: "shop", kind: "refuse" });
      expect(await statuses(board, "shop", "/", "/", "/")).toEqual([502, 502, 503]);
    });
  });

  it("refuses upgrades while it is open, and lets them through while it is closed", async () => {
    const upgrading: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
      return (_request, response) => void response.writeHead(500).end();
    };
    await withBoard({ app: upgrading, circuitBreaker: { failureThreshold: 1 } }, async (board) => {
      const upgrade = async () => {
        const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
        const received = await client.end();
        client.destroy();
        return received;
      };
      expect(await upgrade()).toMatch(/^HTTP\/1.1 101 /);
      expect(await statuses(board, "shop", "/")).toEqual([500]);
      expect(await upgrade()).toMatch(/^HTTP\/1.1 503 .*CIRCUIT_OPEN/s);
    });
  });

  it("is opened and closed by hand, also before the first request", async () => {
    const { log } = await withBoard({ app, circuitBreaker: {} }, async (board) => {
      board.circuit("shop")?.force("open");
      const refused = await board.fetch("shop");
      expect(refused.headers.get("retry-after")).toBeNull();
      expect(await refused.json()).toMatchObject({ detail: '"shop" is out of service; ask again later' });
      board.circuit("shop.localhost".replace(".localhost", ""))?.reset();
      expect(await statuses(board, "shop", "/")).toEqual([200]);
      expect(() => board.circuit("no name")).toThrow(expect.objectContaining({ code: "INVALID_HOSTNAME" }));
    });
    expect(log.lines("started")).toEqual(["started shop"]);
  });

  it("is forgotten when it is quiet and many names come after it, but stays forced open", async () => {
    await withBoard({ app, maxServers: 1, admit: (name) => name === "shop", circuitBreaker: {} }, async (board) => {
      board.circuit("shop")?.force("open");
      const quiet = board.circuit("name-0");
      for (let i = 0; i < 10_100; i += 1) board.circuit(`name-${i}`);
      expect(board.circuit("name-0")).not.toBe(quiet); // so many are kept, and no more
      expect(board.circuit("shop")?.state).toBe("open");
      expect(await statuses(board, "shop", "/")).toEqual([503]);
    });
  });
});
