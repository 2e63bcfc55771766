import { createContext, ensure, sleep, spawn, suspend, until } from "effection";
import express, { type ErrorRequestHandler } from "express";
import { describe, expect, it } from "vitest";
import { type AppFactory, type RequestOperation, useRequestHandlers } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

const Name = createContext<string>("test.request-handlers.name");

/** An app whose one route is an operation; errors answer 500 with their message. */
function serving(handler: RequestOperation, errors: string[] = []): AppFactory {
  const sayWhy: ErrorRequestHandler = (error: Error, _request, response, _next) => {
    errors.push(error.message);
    response.status(500).send(error.message);
  };
  return function* ({ hostname }) {
    yield* Name.set(hostname);
    const operation = yield* useRequestHandlers();
    return express().get("/:what", operation(handler)).use(sayWhy);
  };
}

/** Runs until it is halted, and tells of both. */
function* endless(begun: () => void, halted: () => void) {
  yield* ensure(halted);
  begun();
  yield* suspend();
}

describe("useRequestHandlers", () => {
  it("answers requests with operations that see the app's contexts", async () => {
    const app = serving(function* (request, response) {
      yield* sleep(0);
      response.send(`${request.params.what} at ${yield* Name.expect()}`);
    });
    await withBoard({ app }, async (board) => {
      for (let round = 0; round < 3; round += 1) {
        const answers = await Promise.all(["a", "b", "c"].map((what) => board.fetch("shop", `/${what}`)));
        const texts = await Promise.all(answers.map((answer) => answer.text()));
        expect(texts).toEqual(["a at shop", "b at shop", "c at shop"]);
      }
    });
  });

  it("gives each request a scope of its own: what it acquires and starts ends with it", async () => {
    const log: string[] = [];
    const app = serving(function* (request, response) {
      const { what } = request.params;
      yield* spawn(() =>
        endless(
          () => log.push(`begun ${what}`),
          () => void log.push(`halted ${what}`),
        ),
      );
      yield* sleep(0);
      yield* Name.set("changed");
      response.send(what);
    });
    const { log: events } = await withBoard({ app }, async (board) => {
      await (await board.fetch("shop", "/a")).text();
      await (await board.fetch("shop", "/b")).text();
      expect(log).toEqual(["begun a", "halted a", "begun b", "halted b"]);
    });
    expect(events.lines("error")).toEqual([]);
  });

  it.each<[string, RequestOperation]>([
    [
      "throws at once",
      function* () {
        throw new Error("boom");
      },
    ],
    [
      "throws later",
      function* () {
        yield* sleep(0);
        throw new Error("boom");
      },
    ],
    [
      "fails by something it has spawned",
      function* () {
        yield* spawn(function* () {
          yield* sleep(0);
          throw new Error("boom");
        });
        yield* suspend();
      },
    ],
    [
      "fails in its cleanup",
      function* () {
        yield* ensure(() => {
          throw new Error("boom");
        });
      },
    ],
  ])("gives Express the error of a handler that %s, once, and goes on", async (_how, handler) => {
    const errors: string[] = [];
    const { log } = await withBoard({ app: serving(handler, errors) }, async (board) => {
      for (let i = 0; i < 2; i += 1) {
        const response = await board.fetch("shop", "/x");
        expect([response.status, await response.text()]).toEqual([500, "boom"]);
      }
    });
    expect(errors).toEqual(["boom", "boom"]);
    expect(log.lines("started", "stopped", "error")).toEqual(["started shop", "stopped shop"]);
  });

  it("halts a handler when its client leaves, and no other", async () => {
    const begun = createGate();
    const halted = createGate();
    const errors: string[] = [];
    const app = serving(function* (request, response) {
      if (request.params.what === "endless") yield* endless(begun.open, halted.open);
      yield* sleep(0);
      response.send("done");
    }, errors);
    await withBoard({ app }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/endless"));
      await begun.promise;
      const other = board.fetch("shop", "/other");
      client.destroy();
      await halted.promise;
      expect(await (await other).text()).toBe("done");
      expect(await (await board.fetch("shop", "/next")).text()).toBe("done");
    });
    expect(errors).toEqual([]);
  });

  it("lets a handler go on after its answer, until the server stops", async () => {
    const begun = createGate();
    const halted = createGate();
    const app = serving(function* (request, response) {
      response.send("accepted");
      if (request.params.what === "job") yield* endless(begun.open, halted.open);
    });
    await withBoard({ app }, async (board, log) => {
      expect(await (await board.fetch("shop", "/job")).text()).toBe("accepted");
      await begun.promise;
      expect(await (await board.fetch("shop", "/other")).text()).toBe("accepted");
      const stopping = board.pool.shutdown("shop");
      await halted.promise;
      await stopping;
      await log.next("stopped", "shop");
    });
  });

  it("lets handlers finish while the server drains", async () => {
    const begun = createGate();
    const finish = createGate();
    const app = serving(function* (_request, response) {
      begun.open();
      yield* until(finish.promise);
      response.send("finished");
    });
    await withBoard({ app }, async (board, log) => {
      const client = new Client(board.port).send(get("shop", "/x"));
      await begun.promise;
      const closing = board.close();
      await log.next("draining");
      finish.open();
      expect(await client.end()).toContain("finished");
      expect(await closing).toMatchObject({ requestsFinished: 1, requestsCut: 0 });
      client.destroy();
    });
  });

  it("halts those that have not finished at the end of the grace period", async () => {
    const begun = createGate();
    const halted = createGate();
    const errors: string[] = [];
    const app = serving(() => endless(begun.open, halted.open), errors);
    await withBoard({ app, graceMs: 20 }, async (board) => {
      const client = new Client(board.port).send(get("shop", "/x"));
      await begun.promise;
      expect(await board.close()).toMatchObject({ requestsCut: 1 });
      await halted.promise;
      client.destroy();
    });
    expect(errors).toEqual([]);
  });

  it("refuses requests that come when the server has stopped", async () => {
    let request: ((what: string) => Promise<string>) | undefined;
    const app: AppFactory = function* () {
      const operation = yield* useRequestHandlers();
      const handler = operation(function* (_request, response) {
        response.send("hello");
      });
      request = (what) =>
        new Promise((resolve) =>
          handler({ url: what } as never, { on: () => {} } as never, (error) => resolve(error.code)),
        );
      return express().get("/", handler);
    };
    await withBoard({ app }, async (board) => {
      expect(await (await board.fetch("shop")).text()).toBe("hello");
      await board.pool.shutdown("shop");
      expect(await request?.("/late")).toBe("SERVER_CLOSED");
    });
  });
});
