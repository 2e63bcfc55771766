import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run, until } from "effection";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AppFactory, type ServerInfo, type ServerPool, useServerPool } from "../../src/index.ts";
import { createPorts } from "../../src/pool/ports.ts";
import { Client, get } from "../support/client.ts";
import { Fleet } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";
import { heap } from "../support/load.ts";
import { quiet, withPool } from "../support/pool.ts";

const plain: AppFactory = () => (_request, response) => void response.end("ok");

afterEach(() => {
  vi.useRealTimers();
});

function live(pool: ServerPool): number {
  const { starting, running, stopping } = pool.inspect();
  return starting + running + stopping;
}

describe("a full pool", () => {
  it("stops the server that has been idle for longest to make room", async () => {
    const log = await withPool({ app: plain, maxServers: 2 }, function* (pool) {
      const { port } = yield* pool.getOrCreate("a");
      yield* pool.getOrCreate("b");
      yield* until(fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } }).then((r) => r.text()));
      yield* quiet(pool);
      yield* pool.getOrCreate("c");
      expect(pool.list().map(({ hostname }) => hostname)).toEqual(["a", "c"]);
    });
    expect(log.all).toContainEqual({ type: "stopping", hostname: "b", reason: "evicted" });
  });

  it("keeps nothing of the servers that had to go", async () => {
    const infos: WeakRef<ServerInfo>[] = [];
    await withPool({ app: plain, maxServers: 1 }, function* (pool) {
      for (let i = 0; i < 200; i += 1) infos.push(new WeakRef(yield* pool.getOrCreate(`name-${i}`)));
      yield* until(heap());
      // The one that runs, and a few that calls have left on the stack and in caches, however many there were.
      expect(infos.filter((info) => info.deref() !== undefined).length).toBeLessThan(20);
    });
  });

  it("takes one that has just started for idle since then, however long its start took", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const making = createGate();
    const make = createGate();
    const app: AppFactory = async ({ hostname }) => {
      making.open();
      if (hostname === "slow") await make.promise;
      return (_request, response) => void response.end("ok");
    };
    await withPool({ app, maxServers: 2 }, function* (pool) {
      const slow = pool.getOrCreate("slow");
      yield* until(making.promise);
      vi.advanceTimersByTime(1_000);
      yield* pool.getOrCreate("quick");
      vi.advanceTimersByTime(1_000);
      make.open();
      yield* slow;
      yield* pool.getOrCreate("next");
      expect(pool.list().map(({ hostname }) => hostname)).toEqual(["slow", "next"]);
    });
  });

  it("refuses a new name when nobody is idle, and changes nothing else", async () => {
    const answering = createGate();
    const finish = createGate();
    const app: AppFactory = () => async (_request, response) => {
      answering.open();
      await finish.promise;
      response.end();
    };
    const log = await withPool({ app, maxServers: 1 }, function* (pool) {
      const { port } = yield* pool.getOrCreate("busy");
      const fetching = fetch(`http://127.0.0.1:${port}/`);
      yield* until(answering.promise);
      yield* until(
        expect(pool.getOrCreate("new")).rejects.toMatchObject({
          code: "POOL_FULL",
          hostname: "new",
          message:
            "the limit of 1 server is reached, and none of them is idle: they are busy, starting or pinned; ask again later, stop one, or raise maxServers",
        }),
      );
      expect(pool.get("busy")?.port).toBe(port);
      finish.open();
      yield* until(fetching);
    });
    expect(log.lines()).toEqual(["starting busy", "started busy", "stopping busy", "stopped busy"]);
  });

  it("refuses a new name with whenFull: reject, although somebody is idle", async () => {
    await withPool({ app: plain, maxServers: 1, whenFull: "reject" }, function* (pool) {
      yield* pool.getOrCreate("a");
      yield* until(
        expect(pool.getOrCreate("b")).rejects.toMatchObject({
          code: "POOL_FULL",
          message:
            'the limit of 1 server is reached; let an idle one make room (whenFull: "evict-idle"), stop one, or raise maxServers',
        }),
      );
      yield* pool.shutdown("a");
      yield* pool.getOrCreate("b");
    });
  });

  it("never exceeds its limit, however many names come at once", async () => {
    let most = 0;
    let watched: ServerPool | undefined;
    await run(function* () {
      const pool = yield* useServerPool({
        app: plain,
        basePort: 0,
        maxServers: 5,
        onEvent: () => {
          // An entry that waits for another one's place has no server yet.
          if (watched) most = Math.max(most, watched.inspect().running + watched.inspect().stopping);
        },
      });
      watched = pool;
      for (let round = 0; round < 20; round += 1) {
        const names = Array.from({ length: 12 }, (_, i) => `name-${(round * 7 + i * 5) % 30}`);
        const results = yield* until(Promise.allSettled(names.map((name) => pool.getOrCreate(name))));
        for (const result of results) {
          if (result.status === "rejected") expect(["POOL_FULL", "START_STOPPED"]).toContain(result.reason.code);
        }
      }
      expect(live(pool)).toBeLessThanOrEqual(5);
    });
    expect(most).toBeLessThanOrEqual(5);
  });

  it("gives a place back when the newcomer gives up while it waits", async () => {
    const finish = createGate();
    const answering = createGate();
    const app: AppFactory =
      ({ hostname }) =>
      async (_request, response) => {
        if (hostname === "slow") {
          answering.open();
          await finish.promise;
        }
        response.end();
      };
    await withPool({ app, maxServers: 1 }, function* (pool) {
      const { port } = yield* pool.getOrCreate("slow");
      const fetching = fetch(`http://127.0.0.1:${port}/`);
      yield* until(answering.promise);
      const stopped = pool.shutdown("slow");
      const heir = pool.getOrCreate("heir");
      yield* until(expect(pool.getOrCreate("third")).rejects.toMatchObject({ code: "POOL_FULL" }));
      yield* pool.shutdown("heir");
      yield* until(expect(heir).rejects.toMatchObject({ code: "START_STOPPED" }));
      const third = pool.getOrCreate("third");
      finish.open();
      yield* until(fetching);
      yield* stopped;
      expect((yield* third).hostname).toBe("third");
      expect(live(pool)).toBe(1);
    });
  });
});

describe("idle stop", () => {
  it("stops a server after the whole idle time without requests and sockets, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const upgraded = createGate();
    const app: AppFactory = ({ server }) => {
      server.on("upgrade", (_request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        socket.on("end", () => socket.end());
        upgraded.open();
      });
      return (_request, response) => void response.end();
    };
    await withPool({ app, idleTimeoutMs: 60_000 }, function* (pool, log) {
      const { port } = yield* pool.getOrCreate("shop");
      const { connect } = yield* until(import("node:net"));
      const socket = connect(port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      yield* until(upgraded.promise);
      yield* until(vi.advanceTimersByTimeAsync(600_000)); // an open WebSocket is not idle
      expect(pool.get("shop")).toBeDefined();
      socket.end();
      socket.resume();
      yield* until(once(socket, "close"));
      yield* quiet(pool);
      yield* until(vi.advanceTimersByTimeAsync(59_000));
      expect(pool.get("shop")).toBeDefined();
      yield* until(vi.advanceTimersByTimeAsync(61_000));
      yield* until(log.next("stopped", "shop"));
      expect(log.all).toContainEqual({ type: "stopping", hostname: "shop", reason: "idle" });
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for an answer to end, however long a stream takes, but not for a connection that is kept", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const finish = createGate();
    const app: AppFactory = () => async (_request, response) => {
      response.write("begun");
      await finish.promise;
      response.end("ended");
    };
    await withPool({ app, idleTimeoutMs: 1_000, startTimeoutMs: 5_000 }, function* (pool, log) {
      const { port } = yield* pool.getOrCreate("shop");
      const client = new Client(port).send(get("shop"));
      yield* until(client.until("begun"));
      yield* until(vi.advanceTimersByTimeAsync(600_000));
      expect(log.lines("stopping")).toEqual([]);
      finish.open();
      yield* until(client.until("ended"));
      yield* quiet(pool);
      expect(client.ended).toBe(false);
      yield* until(vi.advanceTimersByTimeAsync(2_500));
      yield* until(log.next("stopped", "shop"));
      yield* until(client.end());
      client.destroy();
    });
  });

  it("begins when the server runs: a start may take longer than that", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const make = createGate();
    const app: AppFactory = async () => {
      await make.promise;
      return (_request, response) => void response.end("ok");
    };
    await withPool({ app, idleTimeoutMs: 1_000, startTimeoutMs: 60_000 }, function* (pool, log) {
      const starting = pool.getOrCreate("shop");
      yield* until(vi.advanceTimersByTimeAsync(30_500)); // the pool looks every second
      make.open();
      yield* starting;
      yield* until(vi.advanceTimersByTimeAsync(900));
      expect(pool.get("shop")).toBeDefined();
      yield* until(vi.advanceTimersByTimeAsync(1_500));
      yield* until(log.next("stopped", "shop"));
    });
  });

  it("stops each server on its own clock, with one timer for all of them", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    await withPool({ app: plain, idleTimeoutMs: 1_000 }, function* (pool, log) {
      for (const name of ["a", "b", "c"]) {
        yield* pool.getOrCreate(name);
        yield* until(vi.advanceTimersByTimeAsync(400));
      }
      expect(vi.getTimerCount()).toBe(1);
      yield* until(log.next("stopped", "a"));
      expect(pool.get("c")).toBeDefined();
      yield* until(vi.advanceTimersByTimeAsync(2_000));
      yield* until(log.next("stopped", "c"));
      expect(log.lines("stopped")).toEqual(["stopped a", "stopped b", "stopped c"]);
    });
  });
});

describe("ports", () => {
  it("are given from basePort upwards, and freed ones again, lowest first", async () => {
    const basePort = findFreePort();
    await withPool({ app: plain, basePort: await basePort }, function* (pool) {
      const ports: number[] = [];
      for (const name of ["a", "b", "c"]) ports.push((yield* pool.getOrCreate(name)).port);
      expect(ports).toEqual([...ports].sort((a, b) => a - b));
      yield* pool.shutdown("b");
      yield* pool.shutdown("a");
      expect((yield* pool.getOrCreate("d")).port).toBe(ports[0]);
      expect((yield* pool.getOrCreate("e")).port).toBe(ports[1]);
    });
  });

  it("are given to each replica, and are free again when it is gone", async () => {
    const fleet = new Fleet();
    const basePort = await findFreePort();
    await withPool({ app: () => fleet.app, basePort, graceMs: 0 }, function* (pool) {
      yield* pool.getOrCreate("a");
      yield* pool.scale("a", 3);
      const ports = fleet.members.map(({ port }) => port);
      expect(new Set(ports).size).toBe(3);
      yield* pool.scale("a", 1);
      yield* pool.getOrCreate("b");
      yield* pool.scale("b", 2);
      // In any order: another program may have had one of them meanwhile.
      expect(
        fleet.members
          .slice(3)
          .map(({ port }) => port)
          .sort(),
      ).toEqual(ports.slice(1).sort());
      yield* pool.shutdown("a");
      yield* pool.scale("b", 3);
      expect(fleet.members.at(-1)?.port).toBe(ports[0]);
    });
  });

  // Elsewhere than on Linux the loopback address can be had beside a wildcard, and comes before it.
  const wildcards = process.platform === "linux" ? ["0.0.0.0", "::"] : [];
  it.each(["127.0.0.1", ...wildcards])("that are taken by others, on %s, are skipped", async (host) => {
    const other = createServer().listen(0, host);
    await once(other, "listening");
    const { port: basePort } = other.address() as AddressInfo;
    await withPool({ app: plain, basePort }, function* (pool) {
      expect((yield* pool.getOrCreate("a")).port).toBeGreaterThan(basePort);
    });
    other.close();
  });

  it("that run out fail the start with a reason, and are found again when they are free", async () => {
    const last = createServer().listen(65_535, "127.0.0.1");
    await once(last, "listening");
    await withPool({ app: plain, basePort: 65_535 }, function* (pool) {
      yield* until(expect(pool.getOrCreate("a")).rejects.toThrow("every port from 65535 to 65535 is in use"));
      last.close();
      yield* until(once(last, "close"));
      yield* pool.shutdown("a");
      expect((yield* pool.getOrCreate("a")).port).toBe(65_535);
    });
  });

  it("are tried again last when somebody else had them, and once by each server", () => {
    const ports = createPorts(65_533);
    const first = ports.search();
    first.busy(first.take());
    expect([first.take(), first.take()]).toEqual([65_534, 65_535]);
    expect(() => first.take()).toThrow("lower basePort or maxServers");
    expect(ports.search().take()).toBe(65_533);
    ports.give(65_535);
    ports.give(65_534);
    const second = ports.search();
    expect([second.take(), second.take()]).toEqual([65_534, 65_535]);
  });
});

/** A port from which on some are free: one that the system just gave away. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return Math.min(port, 65_500);
}
