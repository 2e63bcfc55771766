import { connect } from "node:net";
import { run } from "effection";
import { describe, expect, it } from "vitest";
import { type AppFactory, createSwitchboard, useServerPool, useSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { createGate } from "../support/gate.ts";

describe("an app at its edges", () => {
  it.each<[string, AppFactory, number]>([
    [
      "sets a status text that cannot be sent",
      () => (_request, response) => {
        response.statusMessage = "a\nb";
        response.end();
      },
      500,
    ],
    [
      "writes after its end",
      () => (_request, response) => {
        response.end("x");
        response.write("late");
      },
      200,
    ],
    [
      "rejects with what cannot be turned into text",
      () => async () => {
        throw Object.create(null);
      },
      500,
    ],
  ])("that %s is reported, and ends nothing", async (_what, app, status) => {
    const { log } = await withBoard({ app }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(status);
      expect((await board.fetch("shop")).status).toBe(status);
    });
    expect(log.lines("error").length).toBeGreaterThan(0);
  });

  it("that gives a request on to another server of the pool leaves the connection as usable as before", async () => {
    const board = await createSwitchboard({
      basePort: 0,
      graceMs: 5_000,
      app: ({ hostname, server }) => {
        server.on("upgrade", (_request, socket) =>
          socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
        );
        return (request, response) => {
          if (hostname === "back") response.end("from back");
          else void board.pool.getOrCreate("back").then((info) => info.server.emit("request", request, response));
        };
      },
    });
    const client = new Client(board.port).send(get("front"));
    expect(await client.until("from back")).toContain("200 OK");
    client.send(get("front", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
    expect(await client.until("101 Switching")).toContain("101 Switching");
    client.destroy();
    expect(await board.close()).toMatchObject({ requestsCut: 0, socketsCut: 0 });
  });

  it("hears the end of an upgrade that the client half-closed while it was held", async () => {
    const make = createGate();
    const making = createGate();
    const ended = createGate();
    const app: AppFactory = async ({ server }) => {
      server.on("upgrade", (_request, socket) => {
        socket.on("end", () => {
          ended.open();
          socket.end("bye");
        });
        socket.resume();
      });
      making.open();
      await make.promise;
      return () => {};
    };
    await withBoard({ app }, async (board) => {
      const socket = connect({ port: board.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.end(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await making.promise;
      await (await board.fetch("switchboard", "/__switchboard/health")).text(); // by now the end has arrived
      make.open();
      await ended.promise;
      socket.destroy();
    });
  });
});

describe("a listener of the switchboard's events that throws", () => {
  it("is reported as a process warning, and does not keep it from closing", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on("warning", onWarning);
    let port = 0;
    await run(function* () {
      const pool = yield* useServerPool({ basePort: 0 });
      const board = yield* useSwitchboard(
        {
          port: 0,
          onEvent: ({ type }) => {
            throw new Error(`broke on ${type}`);
          },
        },
        pool,
      );
      port = board.port;
    });
    const refused = new Client(port);
    expect(await refused.end()).toBe("");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(warnings).toEqual(["broke on listening", "broke on draining", "broke on drained"]);
  });
});
