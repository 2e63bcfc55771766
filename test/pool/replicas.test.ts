import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { sleep, suspend, until } from "effection";
import { describe, expect, it, vi } from "vitest";
import { type RunConfig, type RunningSwitchboard, threadApp } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { Fleet, type Member } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";

const QUICK = { restart: { backoff: { initialMs: 1, maxMs: 1 }, maxRestarts: 1_000 }, slowStartMs: 0 };

const ask = async (board: RunningSwitchboard, count: number, path = "/") => {
  const answers = await Promise.all(Array.from({ length: count }, () => board.fetch("shop", path)));
  return Promise.all(answers.map((answer) => answer.text()));
};

const row = (board: RunningSwitchboard) => board.pool.inspect().servers.find(({ hostname }) => hostname === "shop");

const replicas = (board: RunningSwitchboard) => row(board)?.replicas ?? [];

const allRun = (board: RunningSwitchboard, count: number) =>
  vi.waitFor(() => expect(replicas(board).filter(({ state }) => state === "running")).toHaveLength(count));

const noneBusy = (board: RunningSwitchboard) =>
  vi.waitFor(() => expect(replicas(board).map(({ inFlight }) => inFlight)).toEqual(replicas(board).map(() => 0)));

describe("replicas", () => {
  it("share the requests of a hostname, which runs as soon as the first can answer", async () => {
    const others = createGate();
    const fleet = new Fleet({
      *before({ number }) {
        if (number > 1) yield* until(others.promise);
      },
    });
    const config = { app: () => fleet.app, replicas: 3, balance: "round-robin", ...QUICK } as const;
    const { log, report } = await withBoard(config, async (board) => {
      expect(await ask(board, 2)).toEqual(["1", "1"]);
      expect(replicas(board)).toMatchObject([
        { id: 1, state: "running" },
        { state: "starting" },
        { state: "starting" },
      ]);
      others.open();
      await allRun(board, 3);
      expect(new Set(await ask(board, 3))).toEqual(new Set(["1", "2", "3"]));
      expect(row(board)).toMatchObject({ health: "healthy", port: fleet.members[0]?.port });
      expect(replicas(board).map(({ id, port }) => [id, port])).toEqual(
        fleet.members.map(({ number, port }) => [number, port]),
      );
    });
    expect(report.serversStopped).toBe(1);
    expect(log.lines("started", "replica-started", "stopped", "replica-stopped")).toEqual([
      "started shop",
      "replica-started shop",
      "replica-started shop",
      "stopped shop",
    ]);
    expect(fleet.running).toEqual([]);
  });

  it("go on when one of them crashes, which is started again under its number", async () => {
    const again = createGate();
    const fleet = new Fleet({
      *before({ number }) {
        if (number === 3) yield* until(again.promise);
      },
    });
    const { log } = await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      await allRun(board, 2);
      fleet.members[0]?.crash("out of luck\nIts last output:\n  no database");
      await log.next("replica-failed", "shop");
      expect(await ask(board, 20)).toEqual(Array.from({ length: 20 }, () => "2"));
      expect(row(board)).toMatchObject({ health: "degraded", replicas: [{ id: 1, health: "unhealthy" }, { id: 2 }] });
      again.open();
      await allRun(board, 2);
      expect(replicas(board).map(({ id, port }) => [id, port])).toEqual([
        [1, fleet.members[2]?.port],
        [2, fleet.members[1]?.port],
      ]);
      expect(new Set(await ask(board, 20))).toEqual(new Set(["2", "3"]));
      expect(board.pool.log("shop").map(({ text }) => text)).toEqual([1, 2, 3].map((n) => `server ${n} starts`));
    });
    expect(log.lines("error", "stopped", "starting")).toEqual(["starting shop", "stopped shop"]);
    expect(log.all).toContainEqual(
      expect.objectContaining({
        type: "replica-failed",
        replica: 1,
        message: "out of luck\nIts last output:\n  no database",
        retryAfterMs: expect.any(Number),
      }),
    );
    expect(log.all.filter(({ type }) => type === "health")).toMatchObject([
      { replica: undefined, from: "healthy", to: "degraded", reason: "replica 1: out of luck" },
      { replica: undefined, from: "degraded", to: "healthy", reason: "replica 1 has joined" },
    ]);
  });

  it("are listed with the port of one that runs now", async () => {
    const again = createGate();
    const fleet = new Fleet({
      *before({ number }) {
        if (number === 3) yield* until(again.promise);
      },
    });
    await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board, log) => {
      const info = await board.pool.getOrCreate("shop");
      const ports = () => [info, board.pool.get("shop"), ...board.pool.list(), row(board)].map((it) => it?.port);
      const portOf = (member: number) => Array.from({ length: 4 }, () => fleet.members[member]?.port);
      await allRun(board, 2);
      expect(ports()).toEqual(portOf(0));
      fleet.members[0]?.crash();
      await log.next("replica-failed", "shop");
      expect(ports()).toEqual(portOf(1));
      again.open();
      await allRun(board, 2);
      expect(ports()).toEqual(portOf(2));
      expect(await (await fetch(`http://${info.host}:${info.port}`)).text()).toBe("3");
      await board.pool.shutdown("shop");
      expect(info.port).toBe(fleet.members[2]?.port);
    });
  });

  it("are listened to until they are gone, and no longer", async () => {
    const fleet = new Fleet();
    await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board) => {
      await board.pool.getOrCreate("shop");
      await allRun(board, 2);
      const [, second] = fleet.members;
      second?.say("while it runs");
      await board.pool.scale("shop", 1);
      second?.say("too late");
      fleet.members[0]?.say("the one that is left");
      expect(board.pool.log("shop").map(({ text }) => text)).toEqual([
        "server 1 starts",
        "server 2 starts",
        "while it runs",
        "the one that is left",
      ]);
    });
  });

  it("are a crash of the server when none of them runs any more", async () => {
    let blocked = false;
    const fleet = new Fleet({
      *before() {
        if (blocked) yield* suspend();
      },
    });
    const { log } = await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      await allRun(board, 2);
      blocked = true;
      fleet.members[0]?.crash();
      await log.next("replica-failed", "shop");
      fleet.members[1]?.crash("the last one");
      await log.next("stopped", "shop");
      expect(fleet.running).toEqual([]);
      blocked = false;
      await vi.waitFor(async () => expect((await board.fetch("shop")).status).toBe(200));
      await allRun(board, 2);
    });
    expect(log.lines("error", "backing-off", "started")).toEqual([
      "started shop",
      "error shop",
      "backing-off shop",
      "started shop",
    ]);
    expect(log.all).toContainEqual(expect.objectContaining({ type: "error", message: "the last one" }));
  });

  it("get no more requests from the moment they end, and what they are busy with may finish", async () => {
    const held: ServerResponse[] = [];
    const fleet = new Fleet({
      answer: ({ number }, { url }, response) => {
        if (url === "/held" && number === 1) held.push(response);
        else response.end(String(number));
      },
    });
    const config = { app: () => fleet.app, replicas: 2, balance: "round-robin", ...QUICK } as const;
    await withBoard(config, async (board, log) => {
      await board.fetch("shop");
      await allRun(board, 2);
      const asked = Promise.all([board.fetch("shop", "/held"), board.fetch("shop", "/held")]);
      await vi.waitFor(() => expect(held).toHaveLength(1));
      fleet.members[0]?.leave();
      await log.next("replica-failed", "shop");
      expect(await ask(board, 4)).toEqual(["2", "2", "2", "2"]);
      expect(replicas(board)).toMatchObject([{ state: "backing-off", inFlight: 1 }, { state: "running" }]);
      for (const response of held) response.end("held");
      expect((await asked).map(({ status }) => status)).toEqual([200, 200]);
      await allRun(board, 2);
    });
  });

  describe("that cannot be connected to", () => {
    const three = (fleet: Fleet) =>
      ({ app: () => fleet.app, replicas: 3, balance: "round-robin", ...QUICK }) satisfies RunConfig;
    const UPGRADE = get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n");

    it("leave their requests to the others, whatever the method, body and upgrades too", async () => {
      const fleet = new Fleet({
        answer: ({ number }, request, response) => {
          const parts: Buffer[] = [];
          request.on("data", (part) => parts.push(part));
          request.on("end", () => response.end(`${number} ${request.method} ${Buffer.concat(parts)}`));
        },
      });
      const { log } = await withBoard(three(fleet), async (board) => {
        await ask(board, 1);
        await allRun(board, 3);
        for (const member of fleet.members.slice(0, 2)) member.vanish();
        for (const [method, body] of [["GET"], ["POST", "some body"], ["PATCH", "more"], ["DELETE"]] as const) {
          const answers = await Promise.all(
            Array.from({ length: 6 }, () => board.fetch("shop", "/", { method, body: body ?? null })),
          );
          const texts = await Promise.all(answers.map((answer) => answer.text()));
          expect(texts).toEqual(texts.map(() => `3 ${method} ${body ?? ""}`));
        }
        const clients = Array.from({ length: 6 }, () => new Client(board.port).send(UPGRADE));
        for (const client of clients) expect(await client.until("]")).toMatch(/\[3\]$/);
        // They are counted where they are.
        await vi.waitFor(() => expect(replicas(board).map(({ inFlight }) => inFlight)).toEqual([0, 0, 6]));
        for (const client of clients) client.destroy();
        await noneBusy(board);
      });
      expect(log.lines("forward-error")).toEqual([]);
    });

    it("are an error for the client when none can be, each dialled once, and it hears of the first", async () => {
      const fleet = new Fleet();
      let second: number | undefined;
      const { log } = await withBoard({ ...three(fleet), outliers: false }, async (board) => {
        await ask(board, 1);
        await allRun(board, 3);
        second = replicas(board)[1]?.port;
        for (const member of fleet.members) member.vanish();
        const lost = await board.fetch("shop", "/", { method: "POST", body: "some body" });
        expect([lost.status, await lost.json()]).toMatchObject([502, { code: "CONNECT_FAILED" }]);
        const client = new Client(board.port).send(UPGRADE);
        expect(await client.end()).toMatch(/^HTTP\/1\.1 502 /);
        client.destroy();
        await noneBusy(board);
      });
      const failed = log.all.filter((event) => event.type === "forward-error");
      // In turn: the second one, which is the first to be asked, the third and the first.
      const first = { phase: "connect", message: expect.stringContaining(`:${second}:`) };
      expect(failed).toMatchObject([first, first]);
    });

    it("pass on a session cookie of the one that answers, and of no other", async () => {
      const fleet = new Fleet();
      const config = { ...three(fleet), balance: { stickyBy: "cookie" } } satisfies RunConfig;
      await withBoard(config, async (board) => {
        await ask(board, 1);
        await allRun(board, 3);
        for (const member of fleet.members.slice(0, 2)) member.vanish();
        const id = fleet.members[2]?.port === replicas(board)[2]?.port ? 3 : 2;
        for (const cookie of ["a=1", "switchboard-replica=1", "switchboard-replica=2"]) {
          const answer = await board.fetch("shop", "/", { headers: { cookie } });
          expect(await answer.text()).toBe("3");
          expect(answer.headers.getSetCookie()).toEqual([`switchboard-replica=${id}; Path=/; HttpOnly; SameSite=Lax`]);
        }
      });
    });
  });

  it("that end before they have answered leave what is safe to ask twice to the others", async () => {
    const fleet = new Fleet({ answer: ({ number }, _, response) => void (number > 1 && response.end(String(number))) });
    const config = { app: () => fleet.app, replicas: 2, balance: "round-robin", ...QUICK } as const;
    await withBoard(config, async (board) => {
      await board.pool.getOrCreate("shop");
      await allRun(board, 2);
      const ask = (method: string) => board.fetch("shop", "/", { method }).then((answer) => answer.text());
      const first = fleet.members[0] as Member;
      const asked = [ask("GET"), ask("PUT"), ask("POST"), ask("POST")];
      await vi.waitFor(() => expect(first.asked).toHaveLength(2));
      first.vanish();
      const texts = await Promise.all(asked);
      expect(texts.slice(0, 2)).toEqual(["2", "2"]);
      expect(texts.slice(2).sort()).toEqual(["2", expect.stringContaining('"code":"NO_ANSWER"')]);
    });
  });

  it("that cannot start are tried again by the rules of their hostname, and cost the others nothing", async () => {
    const fleet = new Fleet({
      *before({ number }) {
        if (number === 2 || number === 3) throw new Error(`no ${number}`);
      },
    });
    const { log } = await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      await log.next("replica-started", "shop");
      expect(new Set(await ask(board, 20))).toEqual(new Set(["1", "4"]));
    });
    expect(log.all.filter(({ type }) => type === "replica-failed")).toMatchObject([
      { replica: 2, message: "no 2" },
      { replica: 2, message: "no 3" },
    ]);
  });

  it("are not started again by themselves where the policy is temporary, but by scale", async () => {
    const fleet = new Fleet();
    const config = { app: () => fleet.app, replicas: 2, restart: { policy: "temporary" } } as const;
    await withBoard(config, async (board, log) => {
      await board.fetch("shop");
      await allRun(board, 2);
      fleet.members[1]?.crash();
      expect(await log.next("replica-failed", "shop")).toMatchObject({ retryAfterMs: undefined });
      expect(replicas(board)).toMatchObject([{ state: "running" }, { state: "failed", health: "unhealthy" }]);
      await board.pool.scale("shop", 2);
      expect(replicas(board).map(({ state }) => state)).toEqual(["running", "running"]);
      expect(row(board)?.health).toBe("healthy");
    });
  });

  it("take turns to start, and have a deadline", async () => {
    let starting = 0;
    let most = 0;
    const fleet = new Fleet({
      *before() {
        starting += 1;
        most = Math.max(most, starting);
        yield* sleep(1);
        starting -= 1;
      },
    });
    await withBoard({ app: () => fleet.app, replicas: 5, maxStarts: 2, ...QUICK }, async (board) => {
      await board.fetch("shop");
      await allRun(board, 5);
      expect(most).toBe(2);
    });
    const slow = new Fleet({
      *before({ number }) {
        if (number === 2) yield* suspend();
      },
    });
    await withBoard({ app: () => slow.app, replicas: 2, startTimeoutMs: 300, ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      const { error } = await log.next("replica-failed", "shop");
      expect(error).toMatchObject({ code: "START_TIMEOUT", output: ["server 2 starts"] });
      await allRun(board, 2);
    });
  });

  it("that are one too few or too many are started, or drain and stop", async () => {
    const answers: ServerResponse[] = [];
    const fleet = new Fleet({
      answer: ({ number }, { url }, response) => {
        if (url === "/held") answers.push(response.writeHead(200));
        response.write(String(number));
        if (url !== "/held") response.end();
      },
    });
    const { log } = await withBoard({ app: () => fleet.app, balance: "round-robin", ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      expect(replicas(board)).toHaveLength(1);
      await board.pool.scale("shop", 3);
      expect(replicas(board).map(({ id, state }) => [id, state])).toEqual([1, 2, 3].map((id) => [id, "running"]));
      const clients = [1, 2, 3].map(() => new Client(board.port).send(get("shop", "/held")));
      const held = await Promise.all(clients.map((client) => client.until("\r\n\r\n1\r\n")));
      expect(held).toHaveLength(3);
      expect(replicas(board).map(({ inFlight }) => inFlight)).toEqual([1, 1, 1]);
      const scaled = board.pool.scale("shop", 1);
      expect(replicas(board).map(({ state }) => state)).toEqual(["running", "stopping", "stopping"]);
      expect(await ask(board, 5)).toEqual(["1", "1", "1", "1", "1"]);
      expect(fleet.running).toHaveLength(3);
      for (const answer of answers) answer.end("done");
      await scaled;
      expect(fleet.running.map(({ number }) => number)).toEqual([1]);
      for (const client of clients) expect(await client.until("done")).toContain("done");
      for (const client of clients) client.destroy();
      await log.next("replica-stopped", "shop");
      await board.pool.scale("shop", 2);
      expect(replicas(board).map(({ id }) => id)).toEqual([1, 2]);
    });
    expect(log.lines("replica-stopped", "cut", "health")).toEqual(["replica-stopped shop", "replica-stopped shop"]);
  });

  it("count WebSockets, and cut them after the grace period of the replica that has to go", async () => {
    const fleet = new Fleet();
    const config = { app: () => fleet.app, replicas: 2, balance: "least-connections", ...QUICK } as const;
    const { log } = await withBoard({ ...config, graceMs: 50 }, async (board) => {
      await board.fetch("shop");
      await allRun(board, 2);
      await noneBusy(board);
      const upgrade = get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n");
      const clients: Client[] = [];
      for (let i = 0; i < 4; i += 1) {
        const client = new Client(board.port).send(upgrade);
        await client.until("]");
        clients.push(client);
      }
      expect(replicas(board).map(({ inFlight }) => inFlight)).toEqual([2, 2]);
      await board.pool.scale("shop", 1);
      expect(replicas(board).map(({ inFlight }) => inFlight)).toEqual([2]);
      const lost = clients.filter(({ received }) => received.includes("[2]"));
      expect(lost).toHaveLength(2);
      await Promise.all(lost.map((client) => client.end()));
      for (const client of clients) client.destroy();
      await noneBusy(board);
      expect(board.pool.inspect().sockets.active).toBe(0);
    });
    expect(log.all).toContainEqual({ type: "cut", hostname: "shop", requests: 0, sockets: 2 });
  });

  it("are counted exactly, however requests end", async () => {
    const fleet = new Fleet({
      answer: (_member, { url, socket }, response) => {
        if (url === "/reset") socket.destroy();
        else if (url === "/cut") response.write("half", () => socket.destroy());
        else if (url === "/never") response.writeProcessing();
        else response.end("whole");
      },
    });
    await withBoard({ app: () => fleet.app, replicas: 2, ...QUICK }, async (board) => {
      await board.fetch("shop");
      await allRun(board, 2);
      const client = new Client(board.port).send(get("shop", "/never"));
      await client.until("102");
      expect(replicas(board).reduce((sum, { inFlight }) => sum + inFlight, 0)).toBe(1);
      const pipelined = new Client(board.port).send(get("shop", "/never") + get("shop") + get("shop"));
      await pipelined.until("102");
      await Promise.all(["/reset", "/cut", "/"].map((path) => ask(board, 10, path).catch(() => {})));
      client.destroy();
      pipelined.destroy();
      await noneBusy(board);
    });
  });

  it("count what the first had when it was alone", async () => {
    const held: ServerResponse[] = [];
    const fleet = new Fleet({
      answer: ({ number }, { url }, response) => {
        if (url === "/held") held.push(response);
        else response.end(String(number));
      },
    });
    const config = { app: () => fleet.app, balance: "least-connections", ...QUICK } as const;
    await withBoard(config, async (board) => {
      await board.fetch("shop");
      await noneBusy(board);
      const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await client.until("]");
      const asked = [board.fetch("shop", "/held"), board.fetch("shop", "/held")];
      await vi.waitFor(() => expect(held).toHaveLength(2));
      expect(replicas(board)).toMatchObject([{ inFlight: 3 }]);
      await board.pool.scale("shop", 2);
      expect(replicas(board)).toMatchObject([{ inFlight: 3 }, { inFlight: 0 }]);
      const seen: string[] = [];
      for (let i = 0; i < 6; i += 1) {
        seen.push(...(await ask(board, 1)));
        await vi.waitFor(() => expect(replicas(board)).toMatchObject([{ inFlight: 3 }, { inFlight: 0 }]));
      }
      expect(seen).toEqual(["2", "2", "2", "2", "2", "2"]);
      for (const response of held) response.end();
      client.destroy();
      await Promise.all(asked);
      await noneBusy(board);
    });
  });

  it("cannot be had of what is inline or does not run", async () => {
    await withBoard({ app: () => (_request, response) => void response.end(), replicas: 3 }, async (board) => {
      const refused = (name: string, count: number) => expect(board.pool.scale(name, count)).rejects;
      await refused("shop", 2).toMatchObject({ code: "NOT_RUNNING", hostname: "shop" });
      await board.fetch("shop");
      expect(row(board)).toMatchObject({ health: "healthy", replicas: [] });
      await refused("shop", 2).toMatchObject({ code: "NOT_SCALABLE" });
      await refused("a b", 2).toMatchObject({ code: "INVALID_HOSTNAME" });
      await refused("shop", 0).toMatchObject({ code: "INVALID_OPTION", message: /from 1 to 64, got 0/ });
      await board.close();
      await refused("shop", 2).toMatchObject({ code: "POOL_CLOSED" });
    });
  });

  it("that are asked for and then not any more were stopped before they were ready", async () => {
    const fleet = new Fleet({
      *before({ number }) {
        if (number > 1) yield* suspend();
      },
    });
    await withBoard({ app: () => fleet.app }, async (board) => {
      await board.fetch("shop");
      const more = board.pool.scale("shop", 4);
      await board.pool.scale("shop", 1);
      await expect(more).rejects.toMatchObject({ code: "START_STOPPED" });
      const again = board.pool.scale("shop", 2);
      await board.pool.shutdown("shop");
      await expect(again).rejects.toMatchObject({ code: "START_STOPPED" });
    });
  });
});

describe("replicas in threads", () => {
  it("serve without a gap while one of them crashes, and while their number changes", async () => {
    const app = () => threadApp(fileURLToPath(new URL("../fixtures/thread-app.mjs", import.meta.url)));
    const { log, report } = await withBoard({ app, replicas: 2, ...QUICK }, async (board, log) => {
      await board.fetch("shop");
      await log.next("replica-started", "shop", { timeoutMs: 15_000 });
      const wrong: number[] = [];
      let answers = 0;
      let done = false;
      const visit = async () => {
        while (!done) {
          const { status } = await board.fetch("shop");
          answers += 1;
          if (status !== 200) wrong.push(status);
        }
      };
      const visitors = [visit(), visit()];
      const crash = board.fetch("shop", "/exit", { method: "POST" });
      await log.next("replica-failed", "shop", { timeoutMs: 15_000 });
      expect((await crash).status).toBe(502);
      await log.next("replica-started", "shop", { timeoutMs: 15_000 });
      await board.pool.scale("shop", 3);
      await board.pool.scale("shop", 1);
      done = true;
      await Promise.all(visitors);
      expect(answers).toBeGreaterThan(20);
      expect(wrong).toEqual([]);
      expect(replicas(board)).toMatchObject([{ state: "running", health: "healthy" }]);
    });
    expect(log.lines("error", "stopped")).toEqual(["stopped shop"]);
    expect(report).toMatchObject({ serversStopped: 1, requestsCut: 0 });
  });
});
