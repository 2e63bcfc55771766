import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { ensure, type Operation, run, scoped, sleep, suspend, until, useScope } from "effection";
import express from "express";
import { describe, expect, it } from "vitest";
import {
  type AppContext,
  type AppFactory,
  type ExpressServerConfig,
  useExpressServer,
  useExpressServerDaemon,
} from "../../src/index.ts";
import { Client } from "../support/client.ts";
import { createGate } from "../support/gate.ts";
import { scenario } from "../support/scenario.ts";

const hello: AppFactory = () => express().get("/", (_request, response) => void response.send("hello"));

function* text(url: string): Operation<string> {
  const response = yield* until(fetch(url));
  return yield* until(response.text());
}

/** Whether something accepts connections there. */
function* isOpen(port: number): Operation<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = yield* until(
    Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(
      () => false,
    ),
  );
  socket.destroy();
  return outcome;
}

describe("useExpressServer", () => {
  it(
    "listens when it is ready, and frees its port when the caller ends",
    scenario(function* () {
      let port = 0;
      yield* scoped(function* () {
        const server = yield* useExpressServer({ app: hello });
        port = server.port;
        expect(yield* text(server.url)).toBe("hello");
      });
      expect(yield* isOpen(port)).toBe(false);
    }),
  );

  it.each<[string, ExpressServerConfig["app"]]>([
    ["plainly", hello],
    ["with a promise", async () => hello({} as AppContext) as never],
    [
      "as an operation",
      function* () {
        yield* sleep(0);
        return express().get("/", (_q, r) => void r.send("hello"));
      },
    ],
    ["as a request listener", () => (_request, response) => void response.end("hello")],
    ["as an Express app itself", express().get("/", (_q, r) => void r.send("hello"))],
    [
      "as a listener of two parameters itself",
      ((_request, response) => void response.end("hello")) as RequestListener as never,
    ],
    [
      "with a thenable that calls back twice",
      () =>
        ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
          then(done: (app: unknown) => void) {
            const app = hello({} as AppContext);
            done(app);
            done(undefined);
          },
        }) as never,
    ],
  ])("takes an app made %s", async (_how, app) => {
    await run(function* () {
      const server = yield* useExpressServer({ app });
      expect(yield* text(server.url)).toBe("hello");
    });
  });

  it(
    "gives the factory its hostname, the server the app runs on, and a signal that aborts after the drain",
    scenario(function* () {
      const seen: AppContext[] = [];
      const order: string[] = [];
      const answering = createGate();
      const finish = createGate();
      const task = run(function* () {
        const { url } = yield* useExpressServer({
          hostname: "shop",
          app: (context) => {
            seen.push(context);
            context.signal.addEventListener("abort", () => order.push("aborted"));
            return async (_request, response) => {
              answering.open();
              await finish.promise;
              response.end("done", () => order.push("answered"));
            };
          },
        });
        fetching = fetch(url);
        yield* suspend();
      });
      let fetching: Promise<Response> | undefined;
      yield* until(answering.promise);
      const halted = task.halt().then(() => order.push("halted"));
      finish.open();
      yield* until(halted);
      expect(yield* until((fetching as Promise<Response>).then((response) => response.text()))).toBe("done");
      expect(seen[0]?.hostname).toBe("shop");
      expect(order).toEqual(["answered", "aborted", "halted"]);
    }),
  );

  it(
    "keeps what an operation acquired, and the tasks it starts for requests, until requests have drained",
    scenario(function* () {
      const order: string[] = [];
      const answering = createGate();
      const task = run(function* () {
        const { url } = yield* useExpressServer({
          *app() {
            yield* ensure(() => void order.push("resource released"));
            const scope = yield* useScope();
            return (_request, response) => {
              scope.run(function* () {
                answering.open();
                yield* sleep(20);
                order.push("request done");
                response.end("done");
              });
            };
          },
        });
        fetching = fetch(url);
        yield* suspend();
      });
      let fetching: Promise<Response> | undefined;
      yield* until(answering.promise);
      yield* task.halt();
      yield* until((fetching as Promise<Response>).then((response) => response.text()));
      expect(order).toEqual(["request done", "resource released"]);
    }),
  );

  it(
    "cuts what has not finished within graceMs: a handler that never answers, an upgraded socket that never closes",
    scenario(function* () {
      const clients: Client[] = [];
      yield* scoped(function* () {
        const busy = createGate();
        const upgraded = createGate();
        const { port } = yield* useExpressServer({
          graceMs: 30,
          app: ({ server }) => {
            server.on("upgrade", (_request, socket) => {
              socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
              upgraded.open();
            });
            return () => busy.open();
          },
        });
        clients.push(new Client(port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        clients.push(new Client(port).send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"));
        yield* until(busy.promise);
        yield* until(upgraded.promise);
      });
      for (const client of clients) {
        yield* until(client.end());
        client.destroy();
      }
    }),
  );

  it.each<[string, AppFactory, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
      /no database/,
    ],
    [
      "rejects",
      async () => {
        throw new Error("no database");
      },
      /no database/,
    ],
    [
      "throws a string",
      () => {
        throw "no database";
      },
      /no database/,
    ],
    [
      "fails as an operation",
      function* () {
        throw new Error("no database");
      },
      /no database/,
    ],
    ["returns a number", () => 7 as never, /must return an Express app, a request listener or undefined, got 7/],
    ["returns a list", () => [] as never, /must return .* got \[\]/],
    ["declines", () => undefined, /there is no app for "localhost"/],
  ])("fails to start, and releases everything, when the factory %s", async (_how, app, message) => {
    let signal: AbortSignal | undefined;
    const failing = run(function* () {
      yield* useExpressServer({
        app: (context) => {
          signal = context.signal;
          return app(context);
        },
      });
    });
    await expect(failing).rejects.toThrow(message);
    expect(signal?.aborted).toBe(true);
  });

  it("says which port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(run(() => useExpressServer({ app: hello, port }))).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      message: expect.stringContaining(`port ${port} is taken`),
    });
    other.close();
  });

  it.each<[string, Partial<ExpressServerConfig>, string]>([
    ["graceMs", { graceMs: -1 }, "graceMs must be a finite number >= 0"],
    ["graceMs", { graceMs: Number.NaN }, "graceMs must be a finite number >= 0"],
    ["port", { port: 65_536 }, "port must be a whole number from 0 to 65535, got 65536"],
    ["app", { app: 7 as never }, "app must be an app factory, an Express app or a request listener, got 7"],
    ["onError", { onError: "x" as never }, "onError must be a function, got 'x'"],
    [
      "an option that does not exist",
      { grace: 1 } as never,
      "useExpressServer has no option 'grace'; did you mean 'graceMs'?",
    ],
  ])("refuses a bad value of %s before it opens anything", (_option, bad, message) => {
    expect(() => useExpressServer({ app: hello, ...bad })).toThrow(message);
  });
});

describe("an app that fails on its own port", () => {
  const failing: Record<string, RequestListener> = {
    throws: () => {
      throw new Error("listener failed");
    },
    rejects: async () => {
      throw new Error("listener failed");
    },
    "throws after it set fields": (_request, response) => {
      response.setHeader("Content-Length", "3");
      throw new Error("listener failed");
    },
  };
  it.each(Object.entries(failing))("answers 500 and is reported when its listener %s", async (_how, listener) => {
    const errors: string[] = [];
    await run(function* () {
      const { url } = yield* useExpressServer({ app: () => listener, onError: (error) => errors.push(error.message) });
      const response = yield* until(fetch(url));
      expect(response.status).toBe(500);
      expect(yield* until(response.json())).toMatchObject({ status: 500, code: "APP_FAILED" });
    });
    expect(errors).toEqual(["listener failed"]);
  });

  it("cuts the answer when its head was sent already", async () => {
    await run(function* () {
      const { port } = yield* useExpressServer({
        app: () => (_request, response) => {
          response.write("half");
          throw new Error("listener failed");
        },
      });
      const client = new Client(port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      expect(yield* until(client.end())).not.toContain("0\r\n\r\n");
      client.destroy();
    });
  });

  it("survives listeners that the app attached to the server itself", async () => {
    const errors: string[] = [];
    await run(function* () {
      const { port, url } = yield* useExpressServer({
        onError: (error) => errors.push(error.message),
        app: ({ server }) => {
          server.on("upgrade", async () => {
            throw new Error("upgrade failed");
          });
          server.on("request", async () => {
            throw new Error("second listener failed");
          });
          return (_request, response) => void response.end("fine");
        },
      });
      expect(yield* text(url)).toBe("fine");
      const client = new Client(port).send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      expect(yield* until(client.end())).toBe("");
      client.destroy();
    });
    expect(errors).toEqual(["second listener failed", "upgrade failed"]);
  });

  it("lets what wraps the request listeners, as engine.io does, see requests first", async () => {
    await run(function* () {
      const { url } = yield* useExpressServer({
        app: ({ server }) => {
          wrapRequests(server);
          return (_request, response) => void response.end("app");
        },
      });
      expect(yield* text(`${url}/engine`)).toBe("engine");
      expect(yield* text(`${url}/`)).toBe("app");
    });
  });
});

function wrapRequests(server: Server): void {
  const others = server.listeners("request").slice();
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (request.url === "/engine") response.end("engine");
    else for (const other of others) other.call(server, request, response);
  });
}

describe("useExpressServerDaemon", () => {
  it("fails its owner when the server closes although nobody released it", async () => {
    const owner = run(function* () {
      const { server } = yield* useExpressServerDaemon({ app: hello, hostname: "shop" });
      server.close();
      yield* suspend();
    });
    await expect(owner).rejects.toMatchObject({ code: "SERVER_CLOSED", hostname: "shop" });
  });

  it("is silent when it is released", async () => {
    await run(function* () {
      const { url } = yield* useExpressServerDaemon({ app: hello });
      expect(yield* text(url)).toBe("hello");
    });
  });

  it("does not stay open when it is halted in the very moment in which it binds", async () => {
    const ports: number[] = [];
    const bound = createGate();
    const task = run(() =>
      useExpressServer({
        app: ({ server }) => {
          server.on("listening", () => ports.push(0));
          server.on("close", () => bound.open());
          return () => {};
        },
      }),
    );
    await task.halt();
    expect(ports).toHaveLength(1); // it was bound, and is closed before the halt is through
    await bound.promise;
  });
});
