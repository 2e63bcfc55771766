import type { IncomingMessage } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAdmit } from "../../src/switchboard/admit.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("admit", () => {
  it.each([
    ["at once", (hostname: string) => hostname !== "evil"],
    ["with a promise", async (hostname: string) => hostname !== "evil"],
  ])("lets a hostname in, or refuses it with 421 before any server starts, %s", async (_how, admit) => {
    const { log } = await withBoard({ admit }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(200);
      const refused = await board.fetch("evil");
      expect(refused.status).toBe(421);
      expect(await refused.json()).toMatchObject({ code: "MISDIRECTED", hostname: "evil" });
      const socket = new Client(board.port).send(get("evil", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
      expect(await socket.end()).toMatch(/^HTTP\/1.1 421 /);
      socket.destroy();
    });
    expect(log.lines("started")).toEqual(["started shop"]);
  });

  it("decides over every request, also when the server runs", async () => {
    const admit = (_hostname: string, request: { headers: Record<string, unknown> }) =>
      request.headers["x-key"] === "1";
    await withBoard({ admit, refusedForMs: 0 }, async (board) => {
      expect((await board.fetch("shop", "/", { headers: { "x-key": "1" } })).status).toBe(200);
      expect((await board.fetch("shop")).status).toBe(421);
      expect((await board.fetch("shop", "/", { headers: { "x-key": "1" } })).status).toBe(200);
    });
  });

  it("is not asked again about a refused name for refusedForMs", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const asked: string[] = [];
    const admit = (hostname: string) => {
      asked.push(hostname);
      return false;
    };
    await withBoard({ admit, refusedForMs: 1_000 }, async (board) => {
      for (let i = 0; i < 5; i += 1) expect((await board.fetch("evil")).status).toBe(421);
      expect(asked).toEqual(["evil"]);
      vi.advanceTimersByTime(1_000);
      expect((await board.fetch("evil")).status).toBe(421);
      expect(asked).toEqual(["evil", "evil"]);
    });
  });

  it("remembers so many refused names and no more, the newest", async () => {
    const asked: string[] = [];
    const admit = (hostname: string) => {
      asked.push(hostname);
      return false;
    };
    const check = createAdmit({ admit, admitTimeoutMs: 1_000, refusedForMs: 600_000, failed: () => {} });
    const ask = (hostname: string) => check(hostname, {} as IncomingMessage, undefined);
    for (let i = 0; i <= 10_000; i += 1) expect(ask(`name-${i}`)).toMatchObject({ status: 421 });
    asked.length = 0;
    for (const i of [10_000, 1, 0]) expect(ask(`name-${i}`)).toMatchObject({ status: 421 });
    expect(asked).toEqual(["name-0"]);
  });

  it.each<[string, () => boolean | Promise<boolean>, number, string]>([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
      500,
      "no database",
    ],
    [
      "rejects",
      async () => {
        throw new Error("no database");
      },
      500,
      "no database",
    ],
    ["answers neither true nor false", () => undefined as never, 500, "admit must answer true or false, got undefined"],
    ["never answers", () => new Promise<never>(() => {}), 504, "admit has not answered within 20 ms"],
  ])("refuses and is reported when it %s", async (_how, admit, status, message) => {
    const { log } = await withBoard({ admit, admitTimeoutMs: 20 }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(status);
    });
    expect(log.all).toContainEqual(expect.objectContaining({ type: "front-error", hostname: "shop", message }));
    expect(log.lines("started")).toEqual([]);
  });

  it("is not asked for requests that are malformed, or for the switchboard itself", async () => {
    const admit = () => {
      throw new Error("asked");
    };
    const { log } = await withBoard({ admit }, async (board) => {
      const client = new Client(board.port).send("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
      expect(await client.end()).toMatch(/^HTTP\/1.1 400 /);
      client.destroy();
      expect((await fetch(`http://127.0.0.1:${board.port}/__switchboard/health`)).status).toBe(200);
    });
    expect(log.lines("front-error")).toEqual([]);
  });
});
