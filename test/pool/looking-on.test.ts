import { createEventLog } from "effection-switchboard/testing";
import { describe, expect, it, vi } from "vitest";
import { createSwitchboard, SwitchboardError, threadApp } from "../../src/index.ts";
import { makeFolder } from "../support/folder.ts";

const PRINTS =
  "console.log('up'); export default () => (request, response) => { console.log(request.url); response.end(); };\n";

describe("a pool that is looked at", () => {
  it("tells a listener what an app prints, however often it is started, until that stops", async () => {
    await using folder = await makeFolder({ "app.mjs": PRINTS });
    await using board = await createSwitchboard({ basePort: 0, app: () => threadApp(folder.at("app.mjs")) });
    const lines: string[] = [];
    const stop = board.pool.listenLog("Shop", ({ text, complete }) => complete && lines.push(text));
    await board.fetch("shop", "/first");
    await vi.waitFor(() => expect(lines).toEqual(["up", "/first"]));
    await board.pool.shutdown("shop");
    await board.fetch("shop", "/second");
    await vi.waitFor(() => expect(lines).toEqual(["up", "/first", "up", "/second"]));
    stop();
    await board.fetch("shop", "/third");
    await vi.waitFor(() => expect(board.pool.log("shop").map(({ text }) => text)).toContain("/third"));
    expect(lines).toHaveLength(4);
    expect(() => board.pool.listenLog("a b", () => {})).toThrow(SwitchboardError);
  });

  it("tells a listener that comes later what is printed from then on", async () => {
    await using folder = await makeFolder({ "app.mjs": PRINTS });
    await using board = await createSwitchboard({ basePort: 0, app: () => threadApp(folder.at("app.mjs")) });
    await board.fetch("shop", "/first");
    await vi.waitFor(() => expect(board.pool.log("shop")).toHaveLength(2));
    const lines: string[] = [];
    board.pool.listenLog("shop", ({ text }) => lines.push(text));
    await board.fetch("shop", "/second");
    await vi.waitFor(() => expect(lines).toEqual(["/second"]));
  });

  it("remembers why a hostname failed until it is well, and which names are pinned", async () => {
    let works = false;
    const log = createEventLog();
    const app = () => {
      if (works) return () => {};
      throw new Error("no milk\nand more");
    };
    const restart = { withinMs: 50, backoff: { initialMs: 1, maxMs: 1 } };
    await using board = await createSwitchboard({ basePort: 0, app, restart, onEvent: log.add });
    expect([board.pool.failures(), board.pool.pinned()]).toEqual([[], []]);
    await expect(board.pool.getOrCreate("shop")).rejects.toThrow("no milk");
    await vi.waitFor(() => {
      expect(board.pool.inspect().refused).toEqual([]); // it can be started again
      const failure = {
        hostname: "shop",
        failures: 1,
        message: expect.stringMatching(/^no milk \(.*:\d+\)$/),
        output: [],
        retryAfterMs: 0,
      };
      expect(board.pool.failures()).toEqual([failure]);
    });
    works = true;
    await board.pool.pin("shop");
    expect(board.pool.pinned()).toEqual(["shop"]);
    await log.next("recovered", "shop");
    expect(board.pool.failures()).toEqual([]);
    await board.pool.shutdown("shop");
    expect(board.pool.pinned()).toEqual(["shop"]);
    board.pool.unpin("shop");
    expect(board.pool.pinned()).toEqual([]);
  });
});
