import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ensure, type Operation, race, run, scoped, sleep, spawn, suspend, until, withResolvers } from "effection";
import { createSwitchboard } from "effection-switchboard";
import { expectNoLeaks } from "effection-switchboard/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "../../tutorial/ask.ts";
import { backoff } from "../../tutorial/failure/solutions/backoff.ts";
import { superviseForgiving } from "../../tutorial/failure/solutions/forgiving.ts";
import { withDeadline } from "../../tutorial/operations/solutions/deadline.ts";
import { every } from "../../tutorial/operations/solutions/every.ts";
import { useGateway } from "../../tutorial/patterns/gateway.ts";
import { useBoundedPool } from "../../tutorial/patterns/solutions/bounded-pool.ts";
import { type Notifications, useNotifications } from "../../tutorial/patterns/solutions/notifications.ts";
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

describe("patterns", () => {
  it(
    "bounded-pool: refuses a job that is one too many, and has a place again when one is over or halted",
    scenario(function* () {
      const pool = yield* useBoundedPool({ workers: 1, max: 1 });
      const leave = withResolvers<void>();
      const first = pool.submit(() => leave.operation);
      const second = pool.submit(() => suspend());
      expect(() => pool.submit(() => suspend())).toThrow("the queue is full, 1 wait already");
      leave.resolve();
      yield* until(first);
      const third = pool.submit(() => suspend());
      yield* until(Promise.all([second.halt(), third.halt()]));
      yield* sleep(0); // the place is given back by a callback of the job's promise
      yield* until(pool.submit(() => sleep(0)));
    }),
  );

  /** Sends `count` notifications at once, and returns how each of them ended. */
  function* sendMany({ send }: Notifications, count: number, user: string, channel: string) {
    const drafts = Array.from({ length: count }, (_, i) => ({ id: `${user}-${i}`, user, channel, text: user }));
    return yield* until(Promise.all(drafts.map(send)));
  }

  const delivered = { status: "delivered" };

  it(
    "notifications: nobody gets more than 100 in any minute, and everybody gets that many",
    scenario(function* () {
      vi.useFakeTimers({ toFake: ["performance"] });
      const gateway = yield* useGateway();
      const notifications = yield* useNotifications(gateway.url);
      const times: number[] = [];
      for (let i = 0; i < 9; i += 1) {
        const before = gateway.seen.length;
        const ends = yield* sendMany(notifications, 40, "ann", "email");
        expect(ends.filter(({ status }) => status === "delivered")).toHaveLength(gateway.seen.length - before);
        times.push(...gateway.seen.slice(before).map(() => performance.now()));
        vi.advanceTimersByTime(10_000);
      }
      const inMinuteFrom = (from: number) => times.filter((time) => time >= from && time - from < 60_000).length;
      expect(Math.max(...times.map(inMinuteFrom))).toBe(100);
      expect(times).toHaveLength(200); // in a minute and a half
      const [refused] = yield* sendMany(notifications, 1, "ann", "sms");
      expect(refused).toMatchObject({ status: "failed", stage: "rate check", reason: "ann has to wait for 30000 ms" });
      expect(yield* sendMany(notifications, 1, "bob", "email")).toMatchObject([delivered]);
    }),
  );

  it(
    "notifications: a channel that fails opens its circuit, the others go on, and it recovers",
    scenario(function* () {
      vi.useFakeTimers({ toFake: ["performance"] });
      const gateway = yield* useGateway();
      const notifications = yield* useNotifications(gateway.url);
      const seen = (path: string) => gateway.seen.filter((message) => message.path === path).length;
      gateway.set("/email", "broken");
      const ends = yield* sendMany(notifications, 20, "ann", "email");
      expect(ends.every((end) => end.status === "failed" && end.stage === "deliver")).toBe(true);
      expect(ends.at(-1)).toMatchObject({ reason: 'the circuit "email" is open: ask again in 30000 ms' });
      expect(seen("/email")).toBeGreaterThanOrEqual(5);
      expect(seen("/email")).toBeLessThanOrEqual(7); // two more were on their way
      expect(notifications.stateOf("email")).toBe("open");

      expect(yield* sendMany(notifications, 2, "bob", "sms")).toMatchObject([delivered, delivered]);
      expect(yield* sendMany(notifications, 2, "cem", "push")).toMatchObject([delivered, delivered]);
      expect(notifications.find("bob-1")).toEqual({ id: "bob-1", status: "delivered", channel: "sms" });
      expect([notifications.stateOf("sms"), notifications.stateOf("push")]).toEqual(["closed", "closed"]);

      gateway.set("/email", "well");
      vi.advanceTimersByTime(30_000);
      for (let i = 0; i < 3; i += 1) {
        expect(notifications.stateOf("email")).toBe("half-open");
        expect(yield* sendMany(notifications, 1, "dan", "email")).toMatchObject([delivered]);
      }
      expect(notifications.stateOf("email")).toBe("closed");

      const last = notifications.send({ id: "last", user: "eve", channel: "email", text: "good night" });
      expect(yield* notifications.drain(10_000)).toMatchObject({ finished: 1, halted: 0 });
      expect(yield* last).toMatchObject(delivered);
    }),
  );

  it(
    "notifications: a channel that falls silent is one that fails",
    scenario(function* () {
      const gateway = yield* useGateway();
      const notifications = yield* useNotifications(gateway.url, 10);
      gateway.set("/sms", "silent");
      const [first] = yield* sendMany(notifications, 7, "ann", "sms");
      expect(first).toMatchObject({ stage: "deliver", reason: "not done within 10 ms" });
      expect(notifications.stateOf("sms")).toBe("open");
    }),
  );

  it(
    "notifications: one that is invalid says so at its stage, reaches nobody, and takes no place of its user",
    scenario(function* () {
      const gateway = yield* useGateway();
      const notifications = yield* useNotifications(gateway.url);
      const stage = "validate";
      for (const [draft, reason] of [
        [{ channel: "sms", text: "hello" }, "there is no user"],
        [{ user: "ann", channel: "sms", text: "" }, "there is no text"],
        [{ user: "ann", channel: "fax", text: "hello" }, '"fax" is none of email, sms, push'],
      ] as const) {
        const expected = { id: "1", status: "failed", stage, reason };
        expect(yield* notifications.send({ id: "1", ...draft })).toEqual(expected);
        expect(notifications.find("1")).toEqual(expected);
      }
      expect(gateway.seen).toEqual([]);
      const ends = yield* sendMany(notifications, 100, "ann", "sms");
      expect(ends.every(({ status }) => status === "delivered")).toBe(true);
    }),
  );

  it("notifications: three are on their way at once; at the end they and all that wait are halted, and nothing is left", () =>
    expectNoLeaks(() =>
      run(function* () {
        const arrived = withResolvers<void>();
        const givenUp = withResolvers<void>();
        let onTheirWay = 0;
        const { port } = yield* useServer((_request, response) => {
          onTheirWay += 1;
          if (onTheirWay === 3) arrived.resolve();
          response.on("close", () => {
            onTheirWay -= 1;
            if (onTheirWay === 0) givenUp.resolve();
          });
        });
        let notifications: Notifications | undefined;
        const ends = yield* scoped(function* () {
          notifications = yield* useNotifications(`http://127.0.0.1:${port}`);
          const { send } = notifications;
          const drafts = [1, 2, 3, 4, 5].map((id) => ({ id: `${id}`, user: "ann", channel: "push", text: "hello" }));
          const jobs = Promise.allSettled(drafts.map(send));
          yield* arrived.operation;
          return jobs;
        });
        expect(yield* until(Promise.resolve(ends))).toMatchObject(
          Array.from({ length: 5 }, () => ({ status: "rejected", reason: { code: "JOB_HALTED" } })),
        );
        yield* givenUp.operation;
        const late = notifications?.send({ id: "6", user: "ann", channel: "push", text: "hello" });
        yield* until(expect(late).rejects.toMatchObject({ code: "POOL_CLOSED" }));
        expect(notifications?.find("1")).toBeUndefined();
      }),
    ));
});
