import { once } from "node:events";
import { connect } from "node:net";
import { ensure, run, suspend, until } from "effection";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AppFactory, useServerPool } from "../../src/index.ts";
import { createGate } from "../support/gate.ts";
import { withPool } from "../support/pool.ts";

const plain: AppFactory = () => (_request, response) => void response.end("ok");

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.999); // the jitter may be as good as no delay at all
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("an entry at its edges", () => {
  it("is stopped by its own factory, in the middle of the start", async () => {
    await run(function* () {
      const own = yield* useServerPool({
        basePort: 0,
        app: () => {
          void own.shutdown("shop");
          return () => {};
        },
      });
      const outside = new Promise<unknown>((resolve) => {
        setImmediate(() => own.getOrCreate("shop").catch(resolve));
      });
      expect(yield* until(outside)).toMatchObject({ code: "START_STOPPED" });
      expect(own.inspect().servers).toEqual([]);
    });
  });

  it("that waits for its predecessor and gives up leaves the next one waiting, too", async () => {
    const answering = createGate();
    const finish = createGate();
    const app: AppFactory = () => async (_request, response) => {
      answering.open();
      await finish.promise;
      response.end("ok");
    };
    await withPool({ app }, function* (pool) {
      const { port } = yield* pool.getOrCreate("shop");
      const fetching = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
      yield* until(answering.promise);
      const first = pool.shutdown("shop");
      const heir = pool.getOrCreate("shop");
      const second = pool.shutdown("shop");
      yield* until(expect(heir).rejects.toMatchObject({ code: "START_STOPPED" }));
      const third = pool.getOrCreate("shop");
      expect(pool.inspect()).toMatchObject({ running: 0, stopping: 1, starting: 1 });
      finish.open();
      expect(yield* until(fetching)).toBe("ok");
      yield* first;
      yield* second;
      expect((yield* third).hostname).toBe("shop");
      expect(pool.inspect().servers).toHaveLength(1);
    });
  });

  it("tells who waits that the budget is used up before a cleanup that takes long", async () => {
    const cleaned = createGate();
    const app: AppFactory = function* () {
      yield* ensure(() => until(cleaned.promise));
      yield* suspend();
      return undefined;
    };
    await withPool({ app, startTimeoutMs: 20 }, function* (pool) {
      yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "START_TIMEOUT" }));
      yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "BACKING_OFF" }));
      expect(pool.inspect()).toMatchObject({ stopping: 1 });
      cleaned.open();
    });
  });

  it("is gone for everybody who hears that it is stopping", async () => {
    const seen: unknown[] = [];
    await run(function* () {
      const pool = yield* useServerPool({
        basePort: 0,
        app: plain,
        onEvent: ({ type, hostname }) => type === "stopping" && seen.push(pool.get(hostname)),
      });
      yield* pool.getOrCreate("shop");
      yield* pool.shutdown("shop");
    });
    expect(seen).toEqual([undefined]);
  });

  it("that crashed cannot be started again before its delay by who hears that it stopped", async () => {
    const again: Promise<unknown>[] = [];
    await run(function* () {
      const pool = yield* useServerPool({
        basePort: 0,
        app: plain,
        onEvent: ({ type, hostname }) => {
          if (type === "stopped" && again.length === 0)
            again.push(pool.getOrCreate(hostname).catch((error) => error.code));
        },
      });
      const { server } = yield* pool.getOrCreate("shop");
      server.close();
      yield* until(once(server, "close"));
      while (again.length === 0) yield* until(new Promise((resolve) => setImmediate(resolve)));
      expect(yield* until(again[0] as Promise<unknown>)).toBe("BACKING_OFF");
    });
  });

  it("does not take another hostname's refusal for its own", async () => {
    const log = await withPool(
      {
        *app({ hostname }) {
          const { ServerPoolContext } = yield* until(import("../../src/index.ts"));
          if (hostname === "back") return undefined;
          yield* (yield* ServerPoolContext.expect()).getOrCreate("back");
          return () => {};
        },
      },
      function* (pool) {
        yield* until(expect(pool.getOrCreate("front")).rejects.toMatchObject({ code: "START_FAILED" }));
      },
    );
    expect(log.lines("error")).toEqual(["error front"]);
  });

  it("survives whatever is thrown, also what cannot be turned into text", async () => {
    for (const app of [
      () => {
        throw Object.create(null);
      },
      async () => {
        throw Object.create(null);
      },
      function* () {
        throw Object.create(null);
      },
    ] as AppFactory[]) {
      const log = await withPool({ app }, function* (pool) {
        yield* until(expect(pool.getOrCreate("shop")).rejects.toMatchObject({ code: "START_FAILED" }));
      });
      expect(log.lines("error")).toEqual(["error shop"]);
    }
  });

  it("does not end the process when nobody looks at a refusal", async () => {
    await withPool({ app: plain, maxServers: 1, whenFull: "reject" }, function* (pool) {
      yield* pool.getOrCreate("a");
      void pool.getOrCreate("b");
      void pool.getOrCreate("no hostname");
      yield* until(new Promise((resolve) => setImmediate(resolve)));
    });
  });

  it("stops although a listener of its app throws on every event, or has accepted a CONNECT", async () => {
    const app: AppFactory = ({ server }) => {
      for (const event of ["listening", "close"])
        server.on(event, () => {
          throw new Error(`${event} failed`);
        });
      server.on("connect", (_request, socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      return () => {};
    };
    const log = await withPool({ app, graceMs: 20 }, function* (pool) {
      const { port } = yield* pool.getOrCreate("shop");
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}).write("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
      yield* until(once(socket, "data"));
      yield* pool.shutdown("shop");
    });
    expect(log.all).toContainEqual({ type: "cut", hostname: "shop", requests: 0, sockets: 1 });
    expect(log.lines("error", "stopped").sort()).toEqual(["error shop", "error shop", "stopped shop"]);
  });
});
