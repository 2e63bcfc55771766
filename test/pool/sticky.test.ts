import { describe, expect, it, vi } from "vitest";
import type { Balance, RunConfig, RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { Fleet } from "../support/fleet.ts";

const QUICK = { slowStartMs: 0, outliers: false } satisfies RunConfig;

/** Replicas that say who they are, and which cookies they see. */
const createFleet = () =>
  new Fleet({
    answer: ({ number }, { rawHeaders, url }, response) => {
      const cookies = rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === "cookie");
      if (url === "/login") response.setHeader("Set-Cookie", ["session=abc", "theme=dark"]);
      response.end(JSON.stringify({ number, cookies }));
    },
  });

async function withReplicas(
  count: number,
  balance: Balance,
  body: (board: RunningSwitchboard, fleet: Fleet) => Promise<void>,
  config: RunConfig = {},
): Promise<void> {
  const fleet = createFleet();
  await withBoard({ app: () => fleet.app, replicas: count, balance, ...QUICK, ...config }, async (board) => {
    await board.pool.getOrCreate("shop");
    await vi.waitFor(() => expect(running(board)).toBe(count));
    await body(board, fleet);
  });
}

const running = (board: RunningSwitchboard) =>
  board.pool.inspect().servers[0]?.replicas.filter(({ state }) => state === "running").length;

const ask = async (board: RunningSwitchboard, headers: Record<string, string> = {}, path = "/") => {
  const response = await board.fetch("shop", path, { headers });
  const { number, cookies } = (await response.json()) as { number: number; cookies: string[] };
  return { number, cookies, set: response.headers.getSetCookie() };
};

describe("sticky by cookie", () => {
  const byCookie = { stickyBy: "cookie" } as const;

  it("gives a visitor a session cookie once, and the same replica from then on", async () => {
    await withReplicas(4, byCookie, async (board) => {
      for (let visitor = 0; visitor < 5; visitor += 1) {
        const { number, set } = await ask(board);
        expect(set).toEqual([`switchboard-replica=${number}; Path=/; HttpOnly; SameSite=Lax`]);
        for (let i = 0; i < 5; i += 1) {
          const again = await ask(board, { cookie: `switchboard-replica=${number}` });
          expect(again).toEqual({ number, cookies: [], set: [] });
        }
      }
    });
  });

  it("keeps its cookie from the app, and the cookies of the app as they are", async () => {
    await withReplicas(2, byCookie, async (board) => {
      const first = await ask(board, {}, "/login");
      expect(first.set).toEqual([
        "session=abc",
        "theme=dark",
        `switchboard-replica=${first.number}; Path=/; HttpOnly; SameSite=Lax`,
      ]);
      const cookie = `a=1; switchboard-replica=${first.number}; b="2;switchboard"; not-switchboard-replica=3`;
      const { number, cookies } = await ask(board, { cookie });
      expect(number).toBe(first.number);
      expect(cookies).toEqual(['a=1; b="2;switchboard"; not-switchboard-replica=3']);
      const client = new Client(board.port).send(
        get(
          "shop",
          "/",
          `COOKIE: x=1;switchboard-replica=2\r\nCookie: switchboard-replica=1;y=2\r\nConnection: close\r\n`,
        ),
      );
      expect(await client.end()).toContain('"cookies":["x=1","y=2"]');
      client.destroy();
    });
  });

  it.each(["3", "0", "-1", "1.0", "01", " ", "1, 2", "%31", "../1", "__proto__", "1".repeat(4_000)])(
    "lets nobody choose what is no replica: %s",
    async (value) => {
      await withReplicas(2, byCookie, async (board) => {
        const { number, cookies, set } = await ask(board, { cookie: `switchboard-replica=${value}` });
        expect([1, 2]).toContain(number);
        expect(cookies).toEqual([]);
        expect(set).toEqual([`switchboard-replica=${number}; Path=/; HttpOnly; SameSite=Lax`]);
      });
    },
  );

  it("gives a visitor another replica when its own is gone", async () => {
    await withReplicas(2, { ...byCookie, cookie: "stuck" }, async (board) => {
      await board.pool.scale("shop", 1);
      const moved = await ask(board, { cookie: "stuck=2" });
      expect(moved).toEqual({ number: 1, cookies: [], set: ["stuck=1; Path=/; HttpOnly; SameSite=Lax"] });
    });
  });

  it("sets no cookie on an answer that is not the app's", async () => {
    const fleet = new Fleet({ answer: (_member, { socket }) => void socket.destroy() });
    await withBoard({ app: () => fleet.app, balance: byCookie, ...QUICK }, async (board) => {
      const lost = await board.fetch("shop");
      expect(lost.status).toBe(502);
      expect(lost.headers.getSetCookie()).toEqual([]);
    });
  });

  it("holds for WebSockets of a visitor that is known", async () => {
    await withReplicas(3, byCookie, async (board) => {
      for (const id of [3, 1, 2]) {
        const fields = `Connection: Upgrade\r\nUpgrade: x\r\nCookie: switchboard-replica=${id}\r\n`;
        const client = new Client(board.port).send(get("shop", "/", fields));
        expect(await client.until("]")).toMatch(new RegExp(`\\[${id}\\]$`));
        client.destroy();
      }
    });
  });
});

describe("sticky by client", () => {
  it("gives each address its own replica, and the same one whatever it says of itself", async () => {
    await withReplicas(4, { stickyBy: "client" }, async (board) => {
      const { number } = await ask(board);
      for (let i = 0; i < 20; i += 1) {
        expect((await ask(board, { "x-forwarded-for": `192.0.2.${i}` })).number).toBe(number);
      }
    });
  });

  it.each([
    ["its own", { trustedProxies: ["loopback"] }, {}],
    ["those of the switchboard", {}, { trustedProxies: ["loopback"] }],
  ])("believes trusted proxies about whom they speak for: %s", async (_whose, own, boards) => {
    const body = async (board: RunningSwitchboard) => {
      const numbers: number[] = [];
      for (let i = 0; i < 20; i += 1) {
        const headers = { "x-forwarded-for": `192.0.2.${i}` };
        const { number } = await ask(board, headers);
        expect((await ask(board, headers)).number).toBe(number);
        numbers.push(number);
      }
      expect(new Set(numbers).size).toBe(4);
    };
    await withReplicas(4, { stickyBy: "client", ...own }, body, boards);
  });
});
