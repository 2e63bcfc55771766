import { run, scoped, until } from "effection";
import { describe, expect, it, vi } from "vitest";
import {
  type AppFactory,
  type Fault,
  useFault,
  useRunningSwitchboard,
  useServerPool,
  useSwitchboard,
} from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";

const BODY = "x".repeat(1_000);

/** Answers with its hostname, or with 1,000 bytes in two parts below `/body`. */
const app: AppFactory = ({ hostname, server }) => {
  server.on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
  );
  return (request, response) => {
    if (!request.url?.startsWith("/body")) return void response.end(hostname);
    response.write(BODY.slice(0, 500));
    response.end(BODY.slice(500));
  };
};

/** What a client receives from the switchboard, from the first byte to the last. */
async function receive(port: number, hostname: string, path = "/", fields = ""): Promise<string> {
  const client = new Client(port).send(get(hostname, path, `${fields}Connection: close\r\n`));
  const text = await client.end();
  client.destroy();
  return text;
}

/** What comes after the head, in which an id may have any letter. */
function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n"));
}

describe("the path of a fault", () => {
  it.each([
    ["/a", "/a", true],
    ["/a", "/ab", false],
    ["/a*", "/ab", true],
    ["/a*", "/a", true],
    ["*b", "/ab", true],
    ["/a*a", "/a", false],
    ["/a*b*c", "/axbxc", true],
    ["/a*b*c", "/acb", false],
    ["/a*bc*c", "/abc", false],
    ["*", "/", true],
    ["/a.c", "/abc", false],
    // An expression of these would not come to an end.
    [`/${"*a".repeat(20)}*b`, `/${"a".repeat(8_000)}`, false],
  ])("%s and %s: %s", async (path, asked, strikes) => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "status", status: 418, path });
      expect((await board.fetch("shop", asked)).status === 418).toBe(strikes);
    });
  });
});

describe("a fault", () => {
  it("answers with a status, and starts no server", async () => {
    const { log } = await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "status", status: 429 });
      const response = await board.fetch("shop");
      expect(response.status).toBe(429);
      expect(await response.json()).toMatchObject({ code: "FAULT", hostname: "shop" });
      board.fault({ hostname: "*", kind: "refuse" });
      expect((await board.fetch("blog")).status).toBe(502);
    });
    expect(log.lines("starting")).toEqual([]);
  });

  it("delays the delivery, and nothing else", async () => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "latency", ms: 60, jitterMs: 20 });
      const start = performance.now();
      expect(await (await board.fetch("blog")).text()).toBe("blog");
      expect(await (await board.fetch("shop")).text()).toBe("shop");
      expect(performance.now() - start).toBeGreaterThanOrEqual(59);
    });
  });

  it("resets the connection before an answer", async () => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "abort" });
      expect(await receive(board.port, "shop")).toBe("");
    });
  });

  it("ends a connection that has been ended already, and gives back its turn", async () => {
    const ending: AppFactory = () => (request, response) => {
      if (request.url === "/end") request.socket.end("HTTP/1.1 200 OK\r\n\r\n");
      else response.end("ok");
    };
    await withBoard({ app: ending, graceMs: 200, concurrency: { max: 2 } }, async (board) => {
      await board.fetch("shop");
      const remove = board.fault({ hostname: "shop", path: "/abort", kind: "abort" });
      const client = new Client(board.port).send(get("shop", "/end") + get("shop", "/abort")); // parsed in one go
      await client.end();
      remove();
      await vi.waitFor(async () => expect((await board.fetch("shop")).status).toBe(200));
      client.destroy();
    });
  });

  it("cuts a body in the middle, and leaves a shorter one alone", async () => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "cut", afterBytes: 700 });
      const text = await receive(board.port, "shop", "/body");
      expect(text).toContain("200 OK");
      expect(bodyOf(text).match(/x/g)).toHaveLength(700);
      expect(await receive(board.port, "shop")).toContain("shop");
      const response = await board.fetch("shop", "/body");
      await expect(response.text()).rejects.toThrow();
    });
  });

  it("sends a body slowly, and all of it", async () => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "slow-body", bytesPerSecond: 5_000 });
      const start = performance.now();
      expect(await (await board.fetch("shop", "/body")).text()).toBe(BODY);
      expect(performance.now() - start).toBeGreaterThanOrEqual(150);
    });
  });

  it("begins a slow body as soon as the app does", async () => {
    const begun: boolean[] = [];
    const writing: AppFactory = () => (_request, response) => {
      response.write("slow");
      begun.push(response.headersSent);
      response.end();
    };
    await withBoard({ app: writing, responseTimeoutMs: 100 }, async (board) => {
      board.fault({ hostname: "shop", kind: "slow-body", bytesPerSecond: 2 }); // the first byte comes after 500 ms
      expect(await (await board.fetch("shop")).text()).toBe("slow");
    });
    expect(begun).toEqual([true]);
  });

  it("has an app wait that sends a large body slowly", async () => {
    const chunk = Buffer.alloc(16 * 1024, "x");
    const count = 64;
    let ahead = 0;
    let client: Client | undefined;
    const large: AppFactory = () => (_request, response) => {
      let left = count;
      const write = () => {
        while (left > 0) {
          left -= 1;
          ahead = Math.max(ahead, (count - left) * chunk.length - (client?.received.length ?? 0));
          if (!response.write(chunk)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
    };
    await withBoard({ app: large }, async (board) => {
      board.fault({ hostname: "shop", kind: "slow-body", bytesPerSecond: 4_000_000 });
      client = new Client(board.port).send(get("shop", "/", "Connection: close\r\n"));
      const received = await client.end();
      expect(bodyOf(received).split("x").length - 1).toBe(count * chunk.length);
      client.destroy();
    });
    expect(ahead).toBeLessThan(400 * 1024); // 64 KiB are held back, one tick's share and a chunk are on their way
  });

  it("leaves nothing of a slow body when the client leaves and the app goes on writing", async () => {
    let written = (_value?: unknown): void => {};
    const done = new Promise((resolve) => {
      written = resolve;
    });
    const heedless: AppFactory = () => (_request, response) => {
      response.write(BODY);
      response.on("close", () => {
        for (let i = 0; i < 100; i += 1) response.write(BODY);
        response.end();
        written();
      });
    };
    await withBoard({ app: heedless }, async (board) => {
      board.fault({ hostname: "shop", kind: "slow-body", bytesPerSecond: 100 });
      const client = new Client(board.port).send(get("shop"));
      await client.until("\r\n\r\n");
      client.destroy();
      await done;
    });
  });

  it("strikes upgrades, too", async () => {
    await withBoard({ app }, async (board) => {
      const remove = board.fault({ hostname: "shop", kind: "status", status: 503 });
      const upgrade = "Upgrade: x\r\n";
      const fields = `${upgrade}Connection: Upgrade\r\n`;
      const client = new Client(board.port).send(get("shop", "/", fields));
      expect(await client.end()).toMatch(/^HTTP\/1.1 503 /);
      client.destroy();
      remove();
      const next = new Client(board.port).send(get("shop", "/", fields));
      expect(await next.end()).toMatch(/^HTTP\/1.1 101 /);
      next.destroy();
    });
  });

  it("strikes an upgrade that no app takes once, and its body", async () => {
    const plain: AppFactory = () => (_request, response) => void response.end(BODY);
    await withBoard({ app: plain }, async (board) => {
      const ask = () => receive(board.port, "shop", "/", "Upgrade: h2c\r\nConnection: Upgrade\r\n");
      board.fault({ hostname: "shop", kind: "latency", ms: 1, first: 2 });
      board.fault({ hostname: "shop", kind: "status", status: 503, first: 1 });
      board.fault({ hostname: "shop", kind: "cut", afterBytes: 10, first: 1 });
      const answers = [await ask(), await ask(), await ask(), await ask()];
      expect(answers.map((text) => `${text.slice(9, 12)} ${bodyOf(text).match(/x/g)?.length}`)).toEqual([
        "200 10", // late, then cut
        "200 1000", // late
        "503 undefined",
        "200 1000",
      ]);
    });
  });

  it.each<[Partial<Fault>, string, RequestInit, number]>([
    [{ method: "post" }, "/", { method: "POST" }, 500],
    [{ method: "POST" }, "/", {}, 200],
    [{ path: "/cart" }, "/cart?full", {}, 500],
    [{ path: "/cart" }, "/cart/1", {}, 200],
    [{ path: "/cart/*" }, "/cart/1/items", {}, 500],
    [{ path: "/a.b" }, "/axb", {}, 200],
    [{ hostname: "SHOP." }, "/", {}, 500],
    [{ hostname: "blog" }, "/", {}, 200],
    [{ percentage: 0 }, "/", {}, 200],
  ])("strikes what it selects: %o on %s %o", async (selection, path, init, status) => {
    await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "status", status: 500, ...selection } as Fault);
      expect((await board.fetch("shop", path, init)).status).toBe(status);
    });
  });

  it.each<[object | undefined, string]>([
    [{ hostname: "a b", kind: "abort" }, "hostname must be a hostname, or \"*\", got 'a b'"],
    [{ kind: "abort" }, "hostname must be a hostname"],
    [{ hostname: "shop", kind: "explode" }, "kind must be one of 'latency', 'status'"],
    [{ hostname: "shop", kind: "latency" }, "ms must be a finite number"],
    [{ hostname: "shop", kind: "status", status: 200 }, "status must be a whole number from 400 to 599, got 200"],
    [{ hostname: "shop", kind: "cut", afterBytes: -1 }, "afterBytes must be a whole number"],
    [{ hostname: "shop", kind: "slow-body", bytesPerSecond: Number.POSITIVE_INFINITY }, "bytesPerSecond must be"],
    [{ hostname: "shop", kind: "abort", percentage: 200 }, "percentage must be a number from 0 to 100, got 200"],
    [{ hostname: "shop", kind: "abort", percentage: "50" }, "percentage must be a number from 0 to 100, got '50'"],
    [{ hostname: "shop", kind: "abort", percent: 50 }, "a fault of kind \"abort\" has no option 'percent'"],
    [{ hostname: "shop", kind: "abort", ms: 50 }, "a fault of kind \"abort\" has no option 'ms'"],
    [{ hostname: "shop", kind: "abort", path: /cart/ }, "path must be text that is not empty, got /cart/"],
    [{ hostname: "shop", kind: "abort", path: "cart" }, 'path must be a path that begins with "/" or "*", got'],
    [{ hostname: "shop", kind: "abort", method: 5 }, "method must be text that is not empty, got 5"],
    [{ hostname: "shop", kind: "abort", seed: "7" }, "seed must be a finite number, got '7'"],
    [{ hostname: "shop", kind: "abort", durationMs: "5" }, "durationMs must be a number >= 0"],
    [undefined, "kind must be one of"],
  ])("is refused when it makes no sense: %o", async (fault, message) => {
    await withBoard({ app }, async (board) => {
      expect(() => board.fault(fault as Fault)).toThrow(message);
      expect((await board.fetch("shop")).status).toBe(200);
    });
  });

  it("delivers nothing for a client that has left, and does not hold up the end", async () => {
    const { log, report } = await withBoard({ app }, async (board) => {
      board.fault({ hostname: "shop", kind: "latency", ms: 60_000 });
      const client = new Client(board.port).send(get("blog") + get("shop")); // parsed in one go
      await client.until("blog");
      client.destroy();
    });
    expect(log.lines("starting")).toEqual(["starting blog"]);
    expect(report).toMatchObject({ requestsCut: 0 });
  });
});

describe("useFault", () => {
  it("is gone when its scope ends, also by a failure", async () => {
    await run(function* () {
      const board = yield* useRunningSwitchboard({ app, basePort: 0 });
      const status = function* () {
        return (yield* until(board.fetch("shop"))).status;
      };
      try {
        yield* scoped(function* () {
          yield* useFault({ hostname: "shop", kind: "status", status: 500 });
          expect(yield* status()).toBe(500);
          throw new Error("over");
        });
      } catch {}
      expect(yield* status()).toBe(200);
    });
  });

  it("works below useSwitchboard, and says so where there is none", async () => {
    await run(function* () {
      const pool = yield* useServerPool({ app, basePort: 0 });
      const { url } = yield* useSwitchboard({ port: 0 }, pool);
      yield* useFault({ hostname: "shop", kind: "status", status: 500 });
      const response = yield* until(fetch(url, { headers: { "x-app-name": "shop" } }));
      expect(response.status).toBe(500);
    });
    await expect(run(() => useFault({ hostname: "shop", kind: "abort" }))).rejects.toThrow(
      "effection-switchboard.fault",
    );
  });
});
