import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noop } from "../../src/base/operations.ts";
import { type AppFactory, commandApp, createSwitchboard, type RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { browserPath, launchBrowser } from "../support/browser.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

const NAVIGATION = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate" };

/** Asks for `shop` with these fields, as they are: `fetch` has a Sec-Fetch-Mode of its own. */
async function ask(board: RunningSwitchboard, headers: Record<string, string>, method: "GET" | "POST" = "GET") {
  const dispatcher = await board.dispatcher();
  const { statusCode, headers: fields, body } = await request(board.url("shop"), { dispatcher, method, headers });
  return { status: statusCode, fields, text: await body.text() };
}

/** An app for every name that is made when the gate is open. */
function gated(): { app: AppFactory; open: () => void } {
  const gate = createGate();
  const app: AppFactory = async ({ hostname }) => {
    await gate.promise;
    return (_request, response) => void response.end(hostname);
  };
  return { app, open: gate.open };
}

describe("a browser that opens a page while its server starts", () => {
  it("is shown that it starts, and gets the app once it runs", async () => {
    const { app, open } = gated();
    const { log } = await withBoard({ app, waitingPageMs: 10 }, async (board) => {
      const page = await ask(board, NAVIGATION);
      expect(page.status).toBe(503);
      expect(page.fields).toMatchObject({
        "cache-control": "no-store",
        "content-type": "text/html; charset=utf-8",
        refresh: "1",
        "retry-after": "1",
      });
      expect(page.text).toMatch(/<h1>shop is starting<\/h1>\n<p>its server is not ready yet; this page asks again/);
      open();
      await board.pool.getOrCreate("shop");
      expect((await ask(board, NAVIGATION)).text).toBe("shop");
    });
    expect(log.lines("starting")).toEqual(["starting shop"]);
  });

  it("sees for how long, and what the app prints", async () => {
    const app = () => commandApp("echo installing; echo '<b>done</b>'; sleep 60");
    await withBoard({ app, waitingPageMs: 10 }, async (board) => {
      const look = async () => (await ask(board, NAVIGATION)).text;
      const printed = "<pre>installing\n&#60;b&#62;done&#60;/b&#62;</pre>";
      await vi.waitFor(async () => expect(await look()).toContain(printed), 10_000);
      await vi.waitFor(async () => expect(await look()).toContain("for 1 s now"), 10_000);
      await board.pool.shutdown("shop");
    });
  });

  it.each<[string, Record<string, string>, ("GET" | "POST")?]>([
    ["a script", { accept: "*/*", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" }],
    ["an image", { accept: "image/avif,image/webp,*/*;q=0.8", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["a client that does not say that it opens a page", { accept: "text/html" }],
    ["a fetch of a page", { ...NAVIGATION, "sec-fetch-mode": "cors" }],
    ["a form that is sent", NAVIGATION, "POST"],
    ["a client that wants JSON", { ...NAVIGATION, accept: "application/json" }],
  ])("is not %s: that is held", async (_what, headers, method) => {
    const { app, open } = gated();
    await withBoard({ app, waitingPageMs: 1 }, async (board) => {
      const held = ask(board, headers, method);
      expect((await ask(board, NAVIGATION)).status).toBe(503); // so the time is over
      open();
      expect((await held).text).toBe("shop");
    });
  });

  it("waits where the page is turned off", async () => {
    const { app, open } = gated();
    await withBoard({ app, waitingPageMs: Number.POSITIVE_INFINITY }, async (board) => {
      const held = ask(board, NAVIGATION);
      await vi.waitFor(() => expect(board.pool.inspect().starting).toBe(1));
      open();
      expect((await held).status).toBe(200);
    });
  });

  it.skipIf(browserPath === undefined)(
    "is Chromium, which comes to the app by itself",
    { timeout: 30_000 },
    async () => {
      const { app, open } = gated();
      await using board = await createSwitchboard({ app, basePort: 0, waitingPageMs: 10 });
      await using browser = await launchBrowser();
      const page = await browser.newPage();
      await page.goto(board.url("shop"));
      expect(await page.title()).toBe("shop is starting");
      open();
      await page.getByText("shop", { exact: true }).waitFor();
    },
  );

  it("is told of a start that fails", async () => {
    const app: AppFactory = async () => {
      throw new Error("no database");
    };
    await withBoard({ app }, async (board) => {
      const page = await ask(board, NAVIGATION);
      expect(page.fields).not.toHaveProperty("refresh");
      expect(page.text).toContain("no database");
    });
  });

  it("is led to the dashboard, on this machine and where there is one", async () => {
    const app: AppFactory = async () => {
      throw new Error("no database");
    };
    await withBoard({ app }, async (board) => {
      const link = `<a href="http://switchboard.localhost:${board.port}/#/services/shop">`;
      expect((await ask(board, NAVIGATION)).text).toContain(link);
      expect((await ask(board, { ...NAVIGATION, "x-forwarded-for": "192.0.2.1" })).text).not.toContain("<a ");
    });
    await withBoard({ app, control: false }, async (board) => {
      expect((await ask(board, NAVIGATION)).text).not.toContain("<a ");
    });
  });

  describe("after a failure", () => {
    const ONCE = { restart: { backoff: { initialMs: 1, maxMs: 1 } } };

    /** Time goes on until `promise` resolves: the network does not wait for the clock. */
    async function inTime<T>(promise: Promise<T>): Promise<T> {
      let result: { value: T } | undefined;
      promise.then((value) => {
        result = { value };
      }, noop);
      while (result === undefined) {
        await vi.advanceTimersByTimeAsync(50);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return result.value;
    }

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    it("is told why, as all are, and not that it starts", async () => {
      const gates = [createGate(), createGate()];
      let started = 0;
      const app: AppFactory = async () => {
        started += 1;
        await gates[started - 1]?.promise;
        throw new Error("no database");
      };
      await withBoard({ app, ...ONCE }, async (board, log) => {
        expect((await inTime(ask(board, NAVIGATION))).text).toContain("<h1>shop is starting</h1>");
        gates[0]?.open();
        await log.next("backing-off", "shop");
        await vi.advanceTimersByTimeAsync(1);
        const again = ask(board, NAVIGATION);
        await vi.waitFor(() => expect(board.pool.inspect().servers[0]?.failure).toBe("no database"));
        await vi.advanceTimersByTimeAsync(1_000); // so long after the first start it was shown the page
        gates[1]?.open();
        const page = await again;
        expect(page.status).toBe(503);
        expect(page.fields).not.toHaveProperty("refresh");
        expect(page.text).toMatch(/no database[\s\S]*shop · START_FAILED/);
      });
      expect(started).toBe(2);
    });

    it("is told why at once while its server backs off, or has failed for good", async () => {
      const app: AppFactory = async () => {
        throw new Error("no database");
      };
      for (const [maxRestarts, code] of [
        [0, "FAILED"],
        [5, "BACKING_OFF"],
      ] as const) {
        await withBoard({ app, restart: { maxRestarts } }, async (board) => {
          await board.fetch("shop");
          const page = await ask(board, NAVIGATION);
          expect(page.status).toBe(503);
          expect(page.fields).not.toHaveProperty("refresh");
          expect(page.text).toMatch(new RegExp(`no database[\\s\\S]*shop · ${code}`));
        });
      }
    });

    it("is shown that it has failed, and starts again, where that takes long", async () => {
      const { app, open } = gated();
      let started = 0;
      const failing: AppFactory = (context) => {
        started += 1;
        if (started > 1) return app(context);
        throw new Error("no database at 10.1.2.3:5432");
      };
      await withBoard({ app: failing, ...ONCE }, async (board) => {
        await board.fetch("shop");
        await vi.advanceTimersByTimeAsync(1);
        const page = await inTime(ask(board, NAVIGATION));
        expect(page.status).toBe(503);
        expect(page.fields).toMatchObject({ refresh: "1" });
        expect(page.text).toMatch(
          /<h1>shop is starting again<\/h1>\n<p>it has failed: no database at \(address\); its server is not ready yet, for 3 s now/,
        );
        open();
        expect(await (await board.fetch("shop")).text()).toBe("shop");
      });
    });
  });

  it("leaves nothing when it closes the page", async () => {
    const { app, open } = gated();
    await withBoard({ app, waitingPageMs: 60_000 }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/", "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n"));
      await vi.waitFor(() => expect(board.pool.inspect().starting).toBe(1));
      client.destroy();
      open();
      await board.pool.getOrCreate("shop");
    });
  });
});
