import express from "express";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { RequestRecord } from "../../src/base/request-record.ts";
import { type RunningSwitchboard, threadApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client } from "../support/client.ts";
import { makeFolder } from "../support/folder.ts";
import { ControlClient } from "./client.ts";
import { EventSource } from "./event-source.ts";

const hello = () => express().get("/", (_request, response) => void response.send("hello"));

/** A request that is over, as the switchboard would note it. */
function note(board: RunningSwitchboard, hostname: string, path = "/"): void {
  const record = new RequestRecord("an-id", "127.0.0.1", "GET", path, false);
  record.hostname = hostname;
  record.status = 200;
  record.outcome = "served";
  record.closedUs = record.elapsedUs();
  board.observation?.requests.add(record);
}

describe("streams", () => {
  it("send requests from now on, with their numbers", async () => {
    await withBoard({ app: hello }, async (board) => {
      note(board, "shop");
      const source = await EventSource.open(board, "/api/requests?hostname=shop");
      note(board, "blog");
      note(board, "shop", "/second");
      const { id, data } = await source.next("request");
      expect({ id, data }).toMatchObject({ id: "3", data: { seq: 3, hostname: "shop", path: "/second" } });
      expect(source.events).toHaveLength(1);
      source.close();
    });
  });

  it("resume where a reader was cut off", async () => {
    await withBoard({ app: hello }, async (board) => {
      for (let i = 1; i <= 4; i += 1) note(board, "shop", `/${i}`);
      const source = await EventSource.open(board, "/api/requests", { "Last-Event-ID": "2" });
      expect((await source.next("request")).data.path).toBe("/3");
      expect((await source.next("request")).data.path).toBe("/4");
      const strange = await EventSource.open(board, "/api/requests", { "Last-Event-ID": "99999" });
      note(board, "shop", "/5");
      expect((await strange.next("request")).data.path).toBe("/5");
      source.close();
      strange.close();
    });
  });

  it("say how many a reader has lost", async () => {
    await withBoard({ app: hello }, async (board) => {
      for (let i = 1; i <= 12_000; i += 1) note(board, "shop", `/${i}`);
      const source = await EventSource.open(board, "/api/requests", { "Last-Event-ID": "0" });
      const { data } = await source.next("lost");
      const { data: first } = await source.next("request");
      await source.next("request", ({ path }) => path === "/12000");
      expect(data.lost).toBe(first.seq - 1);
      expect(data.lost).toBeGreaterThan(2_000);
      source.close();
    });
  });

  it("send events of one hostname and type", async () => {
    await withBoard({ app: hello }, async (board) => {
      const source = await EventSource.open(board, "/api/events?type=started&hostname=shop");
      await board.fetch("blog");
      await board.fetch("shop");
      expect((await source.next("event")).data).toMatchObject({ type: "started", hostname: "shop" });
      expect(source.events).toHaveLength(1);
      source.close();
    });
  });

  it("send what an app prints, also when it is started again", async () => {
    await using folder = await makeFolder({
      "app.mjs":
        "let n = 0; export default () => (request, response) => { n += 1; console.log(request.url, n); response.end(); };\n",
    });
    await withBoard({ app: () => threadApp(folder.at("app.mjs")) }, async (board) => {
      const source = await EventSource.open(board, "/api/logs/shop");
      await board.fetch("shop", "/first");
      expect((await source.next("log", ({ complete }) => complete)).data).toMatchObject({
        stream: "stdout",
        text: "/first 1",
      });
      await board.pool.shutdown("shop");
      await board.fetch("shop", "/second");
      expect((await source.next("log", ({ complete }) => complete)).data).toMatchObject({ text: "/second 1" });
      source.close();
    });
  });

  it("number the lines of an app, so that what was printed and what comes can be joined, and resume after a line", async () => {
    await using folder = await makeFolder({
      "app.mjs": `export default () => (request, response) => {
        const { pathname, searchParams } = new URL(request.url, "http://x");
        process[searchParams.get("to") ?? "stdout"].write(decodeURIComponent(pathname.slice(1)), () => response.end());
      };\n`,
    });
    await withBoard({ app: () => threadApp(folder.at("app.mjs")) }, async (board) => {
      const client = await ControlClient.open(board);
      const print = async (text: string, shown: string[], to = "stdout") => {
        await board.fetch("shop", `/${encodeURIComponent(text)}?to=${to}`);
        await vi.waitFor(() => expect(board.pool.log("shop").map(({ text }) => text)).toEqual(shown));
      };
      const follow = async (after: string | undefined) => {
        const headers = after === undefined ? {} : { "Last-Event-ID": after };
        return EventSource.open(board, "/api/logs/shop", headers);
      };
      const one = await follow(undefined);
      const page = await EventSource.open(board, "/api/live?hostname=shop");
      await page.next("hello");
      await print("same\n", ["same"]);
      await print("half", ["same", "half"]);
      const half = await one.next("log", ({ complete }) => !complete);
      expect(half).toMatchObject({ id: undefined, data: { seq: 2, text: "half" } });
      await print("error\n", ["same", "error", "half"], "stderr");
      const error = await one.next("log", ({ stream }) => stream === "stderr");
      expect(error).toMatchObject({ id: "3", data: { seq: 3, text: "error" } });
      one.close();
      await print("half", ["same", "error", "halfhalf"]);
      await print("\nsame\n", ["same", "error", "halfhalf", "same"]);
      const { lines } = (await client.get("/api/logs/shop")).body;
      const found = lines.map(({ seq, text }: { seq: number; text: string }) => [seq, text]);
      expect(found).toEqual([
        [1, "same"],
        [3, "error"],
        [2, "halfhalf"],
        [4, "same"],
      ]);
      const again = await follow(error.id);
      expect(await again.next("log")).toMatchObject({ id: "2", data: { text: "halfhalf", complete: true } });
      expect(await again.next("log")).toMatchObject({ id: "4", data: { text: "same" } });
      const told = await page.next("log", ({ lines }) => lines.at(-1).seq === 4);
      expect(told.data.lines.at(-1)).toEqual(lines.at(-1));
      page.close();
      await board.pool.shutdown("shop");
      await print("anew\n", ["anew"]);
      expect(await again.next("log")).toMatchObject({ id: "5", data: { seq: 5, text: "anew" } });
      again.close();
      const strange = await follow("99999");
      await print("next\n", ["anew", "next"]);
      expect(await strange.next("log")).toMatchObject({ data: { seq: 6 } });
      strange.close();
    });
  });

  it("say how many lines a reader has lost that resumes too late", async () => {
    await using folder = await makeFolder({
      "app.mjs": `export default () => (_request, response) => {
        for (let i = 1; i <= 1_500; i += 1) console.log("line " + i);
        response.end();
      };\n`,
    });
    await withBoard({ app: () => threadApp(folder.at("app.mjs")) }, async (board) => {
      const listening = board.pool.listenLog("shop", () => {});
      await board.fetch("shop");
      await vi.waitFor(() => expect(board.pool.log("shop").at(-1)?.text).toBe("line 1500"));
      listening();
      const source = await EventSource.open(board, "/api/logs/shop", { "Last-Event-ID": "100" });
      expect((await source.next("lost")).data).toEqual({ lost: 400 });
      expect((await source.next("log")).data).toMatchObject({ seq: 501, text: "line 501" });
      await source.next("log", ({ seq }) => seq === 1_500);
      source.close();
    });
  });

  it("are refused with a wrong filter, and without a token from elsewhere", async () => {
    await withBoard({}, async (board) => {
      expect((await EventSource.open(board, "/api/requests?limit=x")).status).toBe(400);
      expect((await EventSource.open(board, "/api/live", { "X-Forwarded-For": "203.0.113.9" })).status).toBe(401);
      expect((await EventSource.open(board, "/api/live?hostname=..")).status).toBe(400);
      const head = await board.fetch("switchboard", "/api/live", { method: "HEAD" });
      expect(head.headers.get("content-type")).toContain("text/event-stream");
    });
  });

  it("end at once when the switchboard ends", async () => {
    await withBoard({ app: hello, graceMs: 600_000 }, async (board) => {
      const source = await EventSource.open(board, "/api/live");
      await source.next("services");
      const closed = board.close();
      await source.end();
      expect(await closed).toMatchObject({ requestsCut: 0 });
      expect(source.events.length).toBeGreaterThan(0);
    });
  });

  it("end at once when the switchboard ends, also for a reader that does not read", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    await withBoard({ app: hello, graceMs: 600_000 }, async (board) => {
      const stalled = await stall(board);
      await flood(board, 10);
      await board.close();
      stalled.destroy();
    });
  });

  it("hold a bounded amount for a reader that never reads, which loses the rest", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    await withBoard({ app: hello }, async (board) => {
      const stalled = await stall(board);
      await flood(board, 60);
      const before = stalled.received.length;
      stalled.socket.resume();
      while (!stalled.received.includes("event: lost")) await tick();
      // Some 50 MB have come; what the kernel and one write hold is all that there was for this reader.
      expect(stalled.received.length - before).toBeLessThan(20_000_000);
      stalled.destroy();
    });
  });

  it("are not too many", async () => {
    await withBoard({ app: hello }, async (board) => {
      const sources = await Promise.all(Array.from({ length: 256 }, () => EventSource.open(board, "/api/events")));
      expect(sources.every(({ status }) => status === 200)).toBe(true);
      const refused = await EventSource.open(board, "/api/events");
      expect(refused.status).toBe(503);
      for (const source of sources) source.close();
      const client = await ControlClient.open(board);
      await vi.waitFor(async () => expect((await client.get("/api/services")).status).toBe(200));
    });
  });
});

describe("the stream for pages", () => {
  it("says hello, then what there is, then only what changes", async () => {
    await withBoard({ app: hello }, async (board) => {
      await board.pool.getOrCreate("shop"); // a request would be news for a minute: it moves along in the spark line
      const source = await EventSource.open(board, "/api/live");
      expect((await source.next("hello")).data).toMatchObject({ version: expect.any(String) });
      const { data: first } = await source.next("services");
      expect(first).toMatchObject({
        full: true,
        total: 1,
        gone: [],
        overview: { activeServers: 1, running: 1, maxServers: 100 },
      });
      expect(first.services).toMatchObject([{ hostname: "shop", state: "running" }]);
      expect(first.services[0].spark).toHaveLength(60);
      expect((await source.next("services")).data).toMatchObject({ full: false, total: 1, services: [] });
      await board.fetch("blog");
      expect((await source.next("event", ({ type }) => type === "started")).data).toMatchObject({ hostname: "blog" });
      const { data: more } = await source.next("services", ({ services }) => services.length > 0);
      expect(more).toMatchObject({ full: false, total: 2, services: [{ hostname: "blog" }] });
      await board.pool.shutdown("shop");
      expect((await source.next("services", ({ gone }) => gone.length > 0)).data).toMatchObject({
        total: 1,
        gone: ["shop"],
      });
      source.close();
    });
  });

  it("follows one hostname: its requests and what it prints", async () => {
    await using folder = await makeFolder({
      "app.mjs": "export default () => (_request, response) => { console.log('asked'); response.end(); };\n",
    });
    await withBoard({ app: () => threadApp(folder.at("app.mjs")) }, async (board) => {
      const source = await EventSource.open(board, "/api/live?hostname=shop");
      await source.next("hello");
      for (let i = 0; i < 150; i += 1) note(board, "shop", `/${i}`);
      note(board, "blog");
      const { data: requests } = await source.next("requests");
      expect(requests.requests).toHaveLength(100);
      expect(requests).toMatchObject({ lost: 50 });
      expect(requests.requests.at(-1)).toMatchObject({ path: "/149" });
      await board.fetch("shop");
      const printed = await source.next("log");
      expect(printed.data).toEqual({
        lines: [{ seq: 1, stream: "stdout", text: "asked", complete: true }],
        lost: 0,
      });
      source.close();
    });
  });

  it("tells a second reader everything, and each only once a second", async () => {
    await withBoard({ app: hello }, async (board) => {
      await board.fetch("shop");
      const first = await EventSource.open(board, "/api/live");
      await first.next("services");
      const second = await EventSource.open(board, "/api/live");
      expect((await second.next("services")).data).toMatchObject({ full: true, total: 1 });
      first.close();
      second.close();
    });
  });
});

/** A reader that takes the head of the answer, and nothing more. */
async function stall(board: RunningSwitchboard): Promise<Client> {
  const client = new Client(board.port);
  client.send("GET /api/requests HTTP/1.1\r\nHost: switchboard.localhost\r\nAccept: text/event-stream\r\n\r\n");
  await client.until("text/event-stream");
  client.socket.pause();
  return client;
}

/** So many times a thousand requests, of about a kilobyte each, in a quarter of a second. */
async function flood(board: RunningSwitchboard, rounds: number): Promise<void> {
  const path = `/${"x".repeat(500)}`;
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < 1_000; i += 1) note(board, "shop", path);
    await tick();
  }
}

/** A quarter of a second, with time for sockets to do something. */
async function tick(): Promise<void> {
  vi.advanceTimersByTime(250);
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
