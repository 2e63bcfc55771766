import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunConfig, RunEvent, RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { Fleet } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";

const health = { path: "/healthz", intervalMs: 1_000, fall: 2, rise: 2 };
const QUICK = { slowStartMs: 0, balance: "round-robin", replicas: 2 } satisfies RunConfig;

const row = (board: RunningSwitchboard) => board.pool.inspect().servers[0];
const statuses = (board: RunningSwitchboard) => row(board)?.replicas.map(({ health }) => health);
const running = (board: RunningSwitchboard) => row(board)?.replicas.filter(({ state }) => state === "running") ?? [];

const ask = async (board: RunningSwitchboard, count: number, path = "/") => {
  const seen: string[] = [];
  for (let i = 0; i < count; i += 1) seen.push(await (await board.fetch("shop", path)).text());
  return seen;
};

const changes = (all: readonly RunEvent[]) =>
  all.flatMap((event) => (event.type === "health" ? [`${event.replica ?? "all"}: ${event.from} -> ${event.to}`] : []));

const fakeTimers = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });

/** Time goes on until `condition` holds: the network does not wait for the clock. */
async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await vi.advanceTimersByTimeAsync(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe("health checks", () => {
  it("give a replica its first request after its first success, and the server likewise", async () => {
    const fleet = new Fleet();
    const broken = createGate();
    fleet.onOpen = (member) => {
      member.health = 503;
      if (member.number === 2) broken.open();
    };
    await withBoard({ app: () => fleet.app, health, ...QUICK }, async (board) => {
      const first = ask(board, 1);
      await vi.waitFor(() => expect(fleet.running).toHaveLength(1));
      await vi.waitFor(() => expect(fleet.members[0]?.checks).toBeGreaterThan(1));
      expect(fleet.members[0]?.asked).toEqual([]);
      (fleet.members[0] as { health: number }).health = 204;
      expect(await first).toEqual(["1"]);
      await broken.promise;
      await vi.waitFor(() => expect(fleet.members[1]?.checks).toBeGreaterThan(0));
      expect(await ask(board, 4)).toEqual(["1", "1", "1", "1"]);
      (fleet.members[1] as { health: number }).health = 204;
      await vi.waitFor(() => expect(running(board)).toHaveLength(2));
      expect(new Set(await ask(board, 4))).toEqual(new Set(["1", "2"]));
    });
  });

  it("that never succeed are why a server, or a replica, is not ready in time", async () => {
    const config = { health: { ...health, timeoutMs: 50 }, ...QUICK, startTimeoutMs: 300 };
    for (const [status, why] of [
      [500, "answered 500"],
      [0, "did not answer within 50 ms"],
    ] as const) {
      const fleet = new Fleet();
      fleet.onOpen = (member) => {
        member.health = status;
      };
      await withBoard({ ...config, app: () => fleet.app }, async (board) => {
        const late = await board.fetch("shop");
        expect(late.status).toBe(504);
        expect(await late.json()).toMatchObject({
          code: "START_TIMEOUT",
          detail: expect.stringContaining(
            `could not start: its health check GET /healthz ${why}; it has to answer with 2xx`,
          ),
        });
      });
    }
    const second = new Fleet();
    second.onOpen = (member) => {
      if (member.number === 2) member.health = 500;
    };
    const restart = { backoff: { initialMs: 1, maxMs: 1 } };
    await withBoard({ ...config, app: () => second.app, restart }, async (board, log) => {
      await board.fetch("shop");
      const { message } = await log.next("replica-failed", "shop");
      expect(message).toContain(
        "its health check GET /healthz answered 500; it has to answer with 2xx or 3xx there (health.path); it was not ready within 300 ms (startTimeoutMs)",
      );
    });
  });

  it("take a replica out after `fall` failures and back after `rise` successes, and say so", async () => {
    fakeTimers();
    const fleet = new Fleet();
    const { log } = await withBoard({ app: () => fleet.app, health, ...QUICK }, async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 2);
      const [member] = fleet.members;
      (member as { health: number }).health = 500;
      await untilTrue(() => statuses(board)?.[0] === "degraded");
      expect(new Set(await ask(board, 4))).toEqual(new Set(["1", "2"]));
      await untilTrue(() => statuses(board)?.[0] === "unhealthy");
      expect(row(board)?.health).toBe("degraded");
      expect(await ask(board, 4)).toEqual(["2", "2", "2", "2"]);
      (member as { health: number }).health = 200;
      const checks = member?.checks ?? 0;
      await untilTrue(() => statuses(board)?.[0] === "healthy");
      expect((member?.checks ?? 0) - checks).toBe(2);
      expect(new Set(await ask(board, 4))).toEqual(new Set(["1", "2"]));
    });
    expect(changes(log.all)).toEqual([
      "1: healthy -> degraded",
      "all: healthy -> degraded",
      "1: degraded -> unhealthy",
      "1: unhealthy -> healthy",
      "all: degraded -> healthy",
    ]);
    expect(log.all).toContainEqual(
      expect.objectContaining({
        type: "health",
        to: "unhealthy",
        reason: "its health check GET /healthz answered 500",
      }),
    );
  });

  it("that fail for all replicas answer 503, for WebSockets, too, until one succeeds again", async () => {
    fakeTimers();
    const fleet = new Fleet();
    await withBoard({ app: () => fleet.app, health, ...QUICK }, async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 2);
      const remove = board.fault({ hostname: "shop", kind: "unhealthy" });
      await untilTrue(() => row(board)?.health === "unhealthy");
      const refused = await board.fetch("shop");
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({ code: "UNHEALTHY", hostname: "shop" });
      const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      expect(await client.end()).toMatch(/^HTTP\/1.1 503 .*UNHEALTHY/s);
      client.destroy();
      remove();
      await untilTrue(() => row(board)?.health === "healthy");
      expect(await ask(board, 1)).not.toEqual([]);
    });
  });

  it("can be made to fail, as often as a fault or a hook of the pool says", async () => {
    fakeTimers();
    const fleet = new Fleet();
    const { log } = await withBoard({ app: () => fleet.app, health, ...QUICK, replicas: 1 }, async (board, log) => {
      await ask(board, 1);
      board.fault({ hostname: "*", kind: "unhealthy", first: 1 });
      board.fault({ hostname: "other", kind: "unhealthy" });
      await untilTrue(() => log.lines("health").length === 2);
      const asked: string[] = [];
      const remove = board.pool.failHealth((hostname) => {
        asked.push(hostname);
        return true;
      });
      await untilTrue(() => row(board)?.health === "unhealthy");
      remove();
      await untilTrue(() => row(board)?.health === "healthy");
      expect(asked).toEqual(["shop", "shop"]);
      expect(() => board.pool.failHealth("shop" as never)).toThrow("fails must be a function, got 'shop'");
    });
    expect(changes(log.all).filter((change) => change.startsWith("all"))).toEqual([
      "all: healthy -> degraded",
      "all: degraded -> healthy",
      "all: healthy -> degraded",
      "all: degraded -> unhealthy",
      "all: unhealthy -> healthy",
    ]);
  });

  it("fail when the answer does not come in time, or the server cannot be reached", async () => {
    fakeTimers();
    const fleet = new Fleet();
    const config = { app: () => fleet.app, health: { ...health, fall: 1, timeoutMs: 500 }, ...QUICK };
    const { log } = await withBoard(config, async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 2);
      for (const [i, health] of [0, -1].entries()) (fleet.members[i] as { health: number }).health = health;
      await untilTrue(() => row(board)?.health === "unhealthy");
    });
    const reasons = log.all.flatMap((event) => (event.type === "health" && event.replica ? [event.reason] : []));
    expect(reasons.sort()).toEqual([
      "its health check GET /healthz did not answer within 500 ms",
      expect.stringMatching(/^its health check GET \/healthz failed: .*(?:ECONNRESET|hang up)/),
    ]);
  });

  it("leave an inline app alone", async () => {
    const app = () => (_request: unknown, response: { end(text: string): void }) => void response.end("inline");
    await withBoard({ app, health: { path: "/no" } }, async (board) => {
      expect(await ask(board, 1)).toEqual(["inline"]);
      expect(row(board)?.health).toBe("healthy");
    });
  });
});

describe("outliers", () => {
  const app = (fleet: Fleet) => ({ app: () => fleet.app, ...QUICK });
  const failing = (numbers: number[]) =>
    new Fleet({
      answer: ({ number }, { url }, response) => {
        const fails = url === "/fail" && numbers.includes(number);
        response.writeHead(fails ? 500 : 200).end(String(number));
      },
    });

  it("are left out after five failures in a row, and tried again later", async () => {
    fakeTimers();
    const { log } = await withBoard(app(failing([1])), async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 2);
      await ask(board, 9, "/fail"); // 4 or 5 of them for the first
      await ask(board, 2, "/fail");
      await untilTrue(() => statuses(board)?.[0] === "unhealthy");
      expect(await ask(board, 4)).toEqual(["2", "2", "2", "2"]);
      await vi.advanceTimersByTimeAsync(29_000);
      expect(await ask(board, 2)).toEqual(["2", "2"]);
      await vi.advanceTimersByTimeAsync(1_500);
      expect(new Set(await ask(board, 4))).toEqual(new Set(["1", "2"]));
    });
    expect(changes(log.all)).toEqual([
      "1: healthy -> unhealthy",
      "all: healthy -> degraded",
      "1: unhealthy -> healthy",
      "all: degraded -> healthy",
    ]);
  });

  it("are at most half of the replicas, and never the only one", async () => {
    fakeTimers();
    const fleet = failing([1, 2, 3]);
    await withBoard({ ...app(fleet), replicas: 3 }, async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 3);
      await ask(board, 60, "/fail");
      expect(statuses(board)?.filter((status) => status === "unhealthy")).toHaveLength(1);
      await board.pool.scale("shop", 1);
      await ask(board, 20, "/fail");
      expect(await ask(board, 2)).toHaveLength(2);
    });
  });

  it("are those whose answers break off, too, but not those whose clients leave", async () => {
    const fleet = new Fleet({
      answer: ({ number }, { url, socket }, response) => {
        if (number === 2) response.end("2");
        else if (url === "/cut") response.write("half", () => socket.destroy());
        else if (url === "/never") response.writeProcessing();
        else response.end("1");
      },
    });
    const outliers = { failures: 2, ejectMs: 60_000, maxEjectMs: 60_000 };
    await withBoard({ ...app(fleet), outliers }, async (board) => {
      await ask(board, 1);
      await vi.waitFor(() => expect(running(board)).toHaveLength(2));
      for (let i = 0; i < 8; i += 1) {
        const client = new Client(board.port).send(get("shop", "/never"));
        await Promise.race([client.until("102"), client.until("\r\n\r\n2")]);
        client.destroy();
      }
      await vi.waitFor(() => expect(row(board)?.replicas.map(({ inFlight }) => inFlight)).toEqual([0, 0]));
      expect(statuses(board)).toEqual(["healthy", "healthy"]);
      for (let i = 0; i < 4; i += 1) await ask(board, 1, "/cut").catch(() => {});
      await vi.waitFor(() => expect(statuses(board)).toEqual(["unhealthy", "healthy"]));
    });
  });

  it("are those that cannot be connected to, at once and for a second", async () => {
    fakeTimers();
    const fleet = new Fleet();
    await withBoard(app(fleet), async (board) => {
      await ask(board, 1);
      await untilTrue(() => running(board).length === 2);
      fleet.members[0]?.vanish();
      expect(await ask(board, 8)).toEqual(Array.from({ length: 8 }, () => "2"));
      expect(statuses(board)).toEqual(["unhealthy", "healthy"]);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(statuses(board)).toEqual(["healthy", "healthy"]);
    });
  });

  it("are none of those that have ended: what they were busy with is lost, and that is all", async () => {
    const fleet = new Fleet({ answer: ({ number }, _, response) => void (number > 1 && response.end(String(number))) });
    const config = { ...app(fleet), replicas: 3, outliers: { failures: 1 }, restart: { policy: "temporary" } } as const;
    const { log } = await withBoard(config, async (board) => {
      await board.pool.getOrCreate("shop");
      await vi.waitFor(() => expect(running(board)).toHaveLength(3));
      const asked = Array.from({ length: 3 }, () => board.fetch("shop", "/", { method: "POST" }));
      await vi.waitFor(() => expect(fleet.members[0]?.asked).toHaveLength(1));
      fleet.members[0]?.crash();
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 502]);
      await vi.waitFor(() => expect(row(board)?.replicas[0]?.inFlight).toBe(0));
    });
    expect(changes(log.all)).toEqual(["all: healthy -> degraded"]);
  });

  it("are not looked for when that is off", async () => {
    await withBoard({ ...app(failing([1])), outliers: false }, async (board) => {
      await ask(board, 1);
      await vi.waitFor(() => expect(running(board)).toHaveLength(2));
      await ask(board, 40, "/fail");
      expect(statuses(board)).toEqual(["healthy", "healthy"]);
    });
  });
});

describe("a replica that joins", () => {
  it("gets its share of the requests little by little", async () => {
    fakeTimers();
    const fleet = new Fleet();
    const config = { app: () => fleet.app, balance: "random", slowStartMs: 100_000 } as const;
    await withBoard(config, async (board) => {
      await ask(board, 1);
      await vi.advanceTimersByTimeAsync(100_000);
      void board.pool.scale("shop", 2);
      await untilTrue(() => running(board).length === 2);
      const share = async () => (await ask(board, 200)).filter((number) => number === "2").length;
      expect(await share()).toBeLessThan(60); // 1 of 11: 18
      await vi.advanceTimersByTimeAsync(100_000);
      expect(await share()).toBeGreaterThan(65); // 1 of 2: 100
    });
  });
});
