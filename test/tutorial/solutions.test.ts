import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ensure, type Operation, race, run, scoped, sleep, spawn, suspend, until, withResolvers } from "effection";
import { createSwitchboard } from "effection-switchboard";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "../../tutorial/ask.ts";
import { backoff } from "../../tutorial/failure/solutions/backoff.ts";
import { superviseForgiving } from "../../tutorial/failure/solutions/forgiving.ts";
import { withDeadline } from "../../tutorial/operations/solutions/deadline.ts";
import { every } from "../../tutorial/operations/solutions/every.ts";
import { usePool } from "../../tutorial/pool/pool.ts";
import { useServerFrom } from "../../tutorial/pool/solutions/first-free.ts";
import { warm } from "../../tutorial/pool/solutions/warm.ts";
import type { AppFactory } from "../../tutorial/pool/types.ts";
import createVisitorsApp from "../../tutorial/production/solutions/app.ts";
import { createKnownSwitchboard } from "../../tutorial/production/solutions/known-names.ts";
import { useServer } from "../../tutorial/resources/server.ts";
import { useTemporaryFolder } from "../../tutorial/resources/solutions/folder.ts";
import { useInterval } from "../../tutorial/resources/solutions/interval.ts";
import { useEmitter } from "../../tutorial/scopes/solutions/emitter.ts";
import { useNarrowDoor } from "../../tutorial/scopes/solutions/narrow-door.ts";
import { useRefusingDrain } from "../../tutorial/shutdown/solutions/refusing.ts";
import { toHostnameUnder } from "../../tutorial/switchboard/solutions/domain.ts";
import { useRequestLog } from "../../tutorial/switchboard/solutions/request-log.ts";
import { useSwitchboard } from "../../tutorial/switchboard/switchboard.ts";
import { openShop as openAbortable } from "../../tutorial/why/solutions/abortable.ts";
import { openShop as openClosing } from "../../tutorial/why/solutions/closing.ts";
import { Client, get } from "../support/client.ts";
import { Program } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";

const named: AppFactory = function* ({ hostname }) {
  return (_request, response) => response.end(`hello from ${hostname}`);
};

afterEach(() => {
  vi.useRealTimers();
});

describe("why", () => {
  it("closing: the port is closed when the shop cannot be prepared", async () => {
    let port = 0;
    const opening = openClosing(async (server) => {
      port = (server.address() as AddressInfo).port;
      throw new Error("the catalogue is broken");
    });
    await expect(opening).rejects.toThrow("the catalogue is broken");
    expect(await ask(port)).toBe("ECONNREFUSED");
  });

  it("abortable: no server is opened after the deadline, and one is before", async () => {
    const servers = () => process.getActiveResourcesInfo().filter((type) => type === "TCPServerWrap").length;
    const before = servers();
    await expect(openAbortable(AbortSignal.abort())).rejects.toThrow("aborted");
    expect(servers()).toBe(before);
    const server: Server = await openAbortable(new AbortController().signal);
    expect(await ask((server.address() as AddressInfo).port)).toBe("hello from the shop");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("operations", () => {
  it(
    "deadline: gives the result, or an error and the end of the operation",
    scenario(function* () {
      function* quick(): Operation<string> {
        yield* sleep(0);
        return "done";
      }
      expect(yield* withDeadline(10_000, quick)).toBe("done");
      let halted = false;
      function* endless(): Operation<void> {
        yield* ensure(() => {
          halted = true;
        });
        yield* suspend();
      }
      try {
        yield* withDeadline(10, endless);
        expect.unreachable();
      } catch (error) {
        expect((error as Error).message).toBe("not done within 10 ms");
      }
      expect(halted).toBe(true);
    }),
  );

  it("every: runs again after each end, releases what a round has acquired, and ends when it is halted", async () => {
    vi.useFakeTimers();
    const log: string[] = [];
    const task = run(() =>
      every(1_000, function* () {
        log.push("begin");
        yield* ensure(() => void log.push("end"));
      }),
    );
    await vi.advanceTimersByTimeAsync(2_500);
    expect(log).toEqual(["begin", "end", "begin", "end", "begin", "end"]);
    await task.halt();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("resources", () => {
  it("interval: ticks while its owner lives, and leaves no timer", async () => {
    vi.useFakeTimers();
    const tick = vi.fn();
    const task = run(function* () {
      yield* useInterval(100, tick);
      yield* suspend();
    });
    await vi.advanceTimersByTimeAsync(350);
    expect(tick).toHaveBeenCalledTimes(3);
    await task.halt();
    expect(vi.getTimerCount()).toBe(0);
  });

  it(
    "folder: exists while its owner lives, and when it is halted while the folder is made",
    scenario(function* () {
      let folder = "";
      yield* scoped(function* () {
        folder = yield* useTemporaryFolder();
        expect(existsSync(folder)).toBe(true);
      });
      expect(existsSync(folder)).toBe(false);
      yield* race([useTemporaryFolder(), sleep(0)]);
    }),
  );
});

describe("scopes", () => {
  it(
    "emitter: each event starts the operation, and no listener is left",
    scenario(function* () {
      const emitter = new EventEmitter();
      const heard: unknown[] = [];
      yield* scoped(function* () {
        yield* useEmitter(emitter, "order", function* (what) {
          heard.push(what);
          yield* ensure(() => void heard.push("halted"));
          yield* suspend();
        });
        emitter.emit("order", "tea");
        yield* sleep(0);
      });
      emitter.emit("order", "coffee");
      expect(heard).toEqual(["tea", "halted"]);
      expect(emitter.listenerCount("order")).toBe(0);
    }),
  );

  it(
    "narrow-door: turns away whoever is one too many, and lets in the next one afterwards",
    scenario(function* () {
      const enter = yield* useNarrowDoor(1);
      const leave = withResolvers<void>();
      const first = enter(() => leave.operation);
      expect(() => enter(() => leave.operation)).toThrow("1 are inside");
      leave.resolve();
      yield* first;
      yield* sleep(0); // the place is given back by a callback of the task's promise
      const early = enter(() => suspend());
      yield* early.halt();
      yield* sleep(0);
      yield* enter(() => sleep(0));
    }),
  );
});

describe("pool", () => {
  it(
    "warm: starts all, and says where",
    scenario(function* () {
      const pool = yield* usePool({ app: named });
      const ports = yield* warm(pool, ["shop", "blog"]);
      expect([...ports.keys()]).toEqual(["shop", "blog"]);
      expect(yield* until(ask(ports.get("blog") ?? 0))).toBe("hello from blog");
    }),
  );

  it(
    "first-free: passes over ports that are taken",
    scenario(function* () {
      const first = yield* useServer();
      const second = yield* useServerFrom(first.port);
      expect(second.port).toBeGreaterThan(first.port);
    }),
  );
});

describe("switchboard", () => {
  it.each([
    ["shop.example.test", "shop"],
    ["a.b.example.test:8000", "a.b"],
    ["example.test", undefined],
    ["shop.example.com", undefined],
    ["badexample.test", undefined],
    ["shop.EXAMPLE.test", "shop"],
    ["shop.example.test.localhost", undefined],
    [undefined, undefined],
  ])("domain: %s is %s", (host, hostname) => {
    expect(toHostnameUnder("example.test", host)).toBe(hostname);
  });

  it(
    "request-log: tells of each request when its response has closed, and leaves no listener",
    scenario(function* () {
      const lines: string[] = [];
      const logged = withResolvers<void>();
      const pool = yield* usePool({ app: named });
      const { server, port } = yield* useSwitchboard(pool);
      const listeners = server.listenerCount("request");
      yield* scoped(function* () {
        yield* useRequestLog(server, (line) => {
          lines.push(line);
          if (lines.length === 2) logged.resolve();
        });
        yield* until(ask(port, "/cart", "shop.localhost"));
        yield* until(ask(port, "/", "a..b"));
        yield* logged.operation;
      });
      expect(lines).toEqual(["GET shop.localhost/cart 200", "GET a..b/ 400"]);
      expect(server.listenerCount("request")).toBe(listeners);
    }),
  );
});

describe("failure", () => {
  it("backoff: doubles, with chance, up to 30 s", () => {
    expect([1, 2, 3, 20].map((failures) => backoff(failures, () => 1))).toEqual([100, 200, 400, 30_000]);
    expect([1, 2, 3, 20].map((failures) => backoff(failures, () => 0))).toEqual([50, 100, 200, 15_000]);
  });

  it("forgiving: a life that was well for a minute begins to count anew", async () => {
    vi.useFakeTimers();
    const delays: number[] = [];
    const lives = [0, 60_000, 0, 0, 0];
    const task = run(() =>
      superviseForgiving(
        function* () {
          yield* sleep(lives.shift() ?? 0);
          throw new Error("crashed");
        },
        { max: 2, firstDelayMs: 10, onRestart: (_error, delayMs) => delays.push(delayMs) },
      ),
    );
    const ended = expect(task).rejects.toThrow("crashed");
    await vi.advanceTimersByTimeAsync(61_000);
    await ended;
    expect(delays).toEqual([10, 10, 20]);
  });
});

describe("production", () => {
  it("app: counts the visitors of each name", async () => {
    await using board = await createSwitchboard({ app: createVisitorsApp, basePort: 0 });
    const answers = [await board.fetch("shop"), await board.fetch("shop"), await board.fetch("blog")];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts).toEqual(["shop: visitor 1\n", "shop: visitor 2\n", "blog: visitor 1\n"]);
  });

  it("known-names: refuses other names, and starts nothing for them", async () => {
    await using board = await createKnownSwitchboard(["shop"], createVisitorsApp);
    expect((await board.fetch("shop")).status).toBe(200);
    expect((await board.fetch("elsewhere")).status).toBe(421);
    expect(board.pool.inspect().servers).toHaveLength(1);
  });
});

describe("shutdown", () => {
  it(
    "refusing: answers 503 on open connections while it drains, and lets finish what was there",
    scenario(function* () {
      const arrived = withResolvers<void>();
      const drained = withResolvers<unknown>();
      let finish = () => {};
      let client: Client | undefined;
      let waiting: Client | undefined;
      const task = yield* spawn(function* () {
        const { server, port } = yield* useServer((_request, response) => {
          finish = () => response.end("slow answer");
          arrived.resolve();
        });
        yield* useRefusingDrain(server, 10_000, drained.resolve);
        // Half a request keeps its connection from being idle, and from being closed.
        client = new Client(port).send("GET / HTTP/1.1\r\nHost: shop\r\n");
        waiting = new Client(port).send(get("shop"));
        yield* suspend();
      });
      yield* arrived.operation;
      const halting = yield* spawn(() => task.halt());
      yield* sleep(0);
      client?.send("\r\n");
      expect(yield* until(client?.end() ?? Promise.resolve(""))).toMatch(/^HTTP\/1.1 503 /);
      finish();
      expect(yield* until(waiting?.end() ?? Promise.resolve(""))).toContain("slow answer");
      yield* halting;
      expect(yield* drained.operation).toMatchObject({ cut: 0 });
      client?.destroy();
      waiting?.destroy();
    }),
  );

  it("second-signal: a second signal that comes later ends the process at once", async () => {
    const program = new Program("test/fixtures/second-signal.ts");
    await program.until(/ready/);
    program.kill("SIGTERM");
    await program.until(/more than half a second later/);
    program.kill("SIGTERM");
    expect(await program.exited).toMatchObject({ code: 143 });
  });
});
