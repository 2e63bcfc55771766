import { Agent } from "node:http";
import { connect } from "node:net";
import { run, sleep, spawn } from "effection";
import { describe, expect, it, vi } from "vitest";
import { type AppFactory, createSwitchboard, type RunConfig, type RunEvent } from "../src/index.ts";
import { withBoard } from "./support/board.ts";
import { get } from "./support/client.ts";
import { ask, heap } from "./support/load.ts";
import { quiet } from "./support/pool.ts";

const named: AppFactory =
  ({ hostname }) =>
  (_request, response) =>
    void response.end(hostname);

const PER_NAME = 20;

describe("under load", () => {
  it("a server that is stopped and started again every 50 ms costs nobody an answer", async () => {
    const { report } = await withBoard({ app: named }, async (board) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 32 });
      const until = performance.now() + 3_000;
      const wrong: unknown[] = [];
      let answers = 0;
      const goesOn = () => performance.now() < until || answers <= 1_000; // a slow machine takes longer
      const client = async (hostname: string) => {
        while (goesOn()) {
          const answer = await ask(agent, board.port, hostname);
          answers += 1;
          if (answer.status !== 200 || answer.text !== hostname) wrong.push([hostname, answer]);
        }
      };
      const restart = async () => {
        while (goesOn()) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          await board.pool.shutdown("restarting");
        }
      };
      const names = ["restarting", "a", "b", "c"];
      await Promise.all([restart(), ...names.flatMap((name) => Array.from({ length: 4 }, () => client(name)))]);
      agent.destroy();
      expect(wrong).toEqual([]);
      expect(answers).toBeGreaterThan(1_000);
    });
    expect(report).toMatchObject({ requestsCut: 0 });
  });

  it("a shutdown lets all that is in flight finish, and answers or refuses the rest", async () => {
    const app: AppFactory = () => (_request, response) => void setTimeout(() => response.end("done"), 50);
    const board = await createSwitchboard({ app, basePort: 0 });
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const outcomes = new Map<string, number>();
    let open = true;
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const client = async (i: number) => {
      while (open) {
        await ask(agent, board.port, `name-${i % 8}`).then(
          ({ status, text }) => {
            count(`${status}${status === 200 ? ` ${text}` : ""}`);
            if (status !== 200) open = false;
          },
          (error: NodeJS.ErrnoException) => {
            count(String(error.code));
            open = false;
          },
        );
      }
    };
    const clients = Array.from({ length: 64 }, (_, i) => client(i));
    await vi.waitFor(() => expect(outcomes.get("200 done")).toBeGreaterThan(64), 10_000);
    await vi.waitFor(() => expect(board.pool.inspect().requests.active).toBeGreaterThan(0), { interval: 1 });
    const report = await board.close();
    open = false;
    await Promise.all(clients);
    agent.destroy();
    expect(report).toMatchObject({ requestsCut: 0, socketsCut: 0 });
    expect(report.requestsFinished).toBeGreaterThan(0);
    // A new connection is refused once the port is closed; no connection that was open is reset.
    expect([...outcomes.keys()].filter((outcome) => !["200 done", "503", "ECONNREFUSED"].includes(outcome))).toEqual(
      [],
    );
  });

  it("leaves nothing behind after 100,000 requests over 5,000 hostnames with idle stop and eviction at work", {
    timeout: 110_000,
  }, async () => {
    const app: AppFactory =
      ({ hostname }) =>
      (_request, response) =>
        void response.end(hostname);
    const stopped: ((value: unknown) => void)[] = [];
    const onEvent = ({ type }: RunEvent) => {
      if (type === "stopped") for (const resolve of stopped.splice(0)) resolve(type);
    };
    const board = await createSwitchboard({ app, basePort: 0, maxServers: 200, idleTimeoutMs: 400, onEvent });
    const handles = () => process.getActiveResourcesInfo().sort();
    const round = async (hostnames: number) => {
      const names = Array.from({ length: hostnames }, (_, i) => `name-${i}`);
      await Promise.all(
        [0, 1, 2, 3].map((c) =>
          visit(
            board.port,
            names.filter((_, i) => i % 4 === c),
          ),
        ),
      );
      while (board.pool.inspect().servers.length > 0) await new Promise((resolve) => stopped.push(resolve));
      await run(() => quiet(board.pool));
    };
    await round(1_000);
    // The heap first: a closed handle leaves the list with the next turns of the event loop.
    const before = { heap: await heap(), handles: handles() };
    await round(100_000 / PER_NAME);
    const after = { heap: await heap(), handles: handles() };
    expect(board.pool.inspect()).toMatchObject({ running: 0, starting: 0, stopping: 0, servers: [] });
    expect(after.handles).toEqual(before.handles);
    expect(after.heap - before.heap).toBeLessThan(4 * 1024 * 1024);
    for (const signal of ["SIGINT", "SIGTERM", "uncaughtException", "warning"])
      expect(process.listenerCount(signal)).toBeLessThan(10);
    await board.close();
  });
});

const STORM_NAMES = 50;
const STORM_HALF_MS = 2_500;
const WITHIN_MS = 1_000;
const MAX_RESTARTS = 5;

const restart: RunConfig["restart"] = {
  maxRestarts: MAX_RESTARTS,
  withinMs: WITHIN_MS,
  coolDownMs: WITHIN_MS,
  backoff: { initialMs: 10, maxMs: 40 },
};
const hostnames: RunConfig["hostnames"] = { "*.itself": { restart: { policy: "permanent" } } };

describe("a crash storm of 50 hostnames", () => {
  it("costs 50 others no answer, keeps restarts to the intensity, and leaves memory flat", async () => {
    const starts = new Map<string, number>();
    const events = new Map<string, number>();
    const app: AppFactory = function* ({ hostname }) {
      starts.set(hostname, (starts.get(hostname) ?? 0) + 1);
      if (hostname.startsWith("bad")) {
        yield* spawn(function* () {
          yield* sleep(20);
          throw new Error("crashed");
        });
      }
      return (_request, response) => void response.end(hostname);
    };
    // Counted, not kept: a log would keep every error with its stack.
    const onEvent = ({ type }: RunEvent) => void events.set(type, (events.get(type) ?? 0) + 1);
    await using board = await createSwitchboard({ app, basePort: 0, restart, hostnames, onEvent });
    const agent = new Agent({ keepAlive: true, maxSockets: 2 * STORM_NAMES });
    const wrong: unknown[] = [];
    const refusals = new Set<string>();
    const askGood = async (hostname: string, until: number) => {
      while (performance.now() < until) {
        const answer = await ask(agent, board.port, hostname);
        if (answer.status !== 200 || answer.text !== hostname) wrong.push([hostname, answer]);
      }
    };
    const askBad = async (hostname: string, until: number) => {
      while (performance.now() < until) {
        const { status, text } = await ask(agent, board.port, hostname);
        if (status !== 200) refusals.add(`${status} ${(JSON.parse(text) as { code: string }).code}`);
      }
    };
    const since = performance.now();
    const storm = async () => {
      const until = performance.now() + STORM_HALF_MS;
      const names = Array.from({ length: STORM_NAMES }, (_, i) => i);
      const bad = names.map((i) => `bad-${i}${i % 2 === 0 ? ".itself" : ""}`);
      await Promise.all([
        ...names.map((i) => askGood(`good-${i}`, until)),
        ...bad.map((hostname) => askBad(hostname, until)),
      ]);
    };
    await storm();
    const before = await heap();
    await storm();
    expect((await heap()) - before).toBeLessThan(4 * 1024 * 1024);
    agent.destroy();
    expect(wrong).toEqual([]);
    expect([...refusals].sort()).toEqual(["503 BACKING_OFF", "503 FAILED"]);

    const rounds = Math.floor((performance.now() - since) / WITHIN_MS) + 1;
    const most = 1 + rounds * MAX_RESTARTS + rounds; // the first start, restarts, and a trial for each cool-down
    const startsOf = (kind: string) =>
      [...starts].flatMap(([hostname, count]) => (hostname.startsWith(kind) ? count : []));
    expect(startsOf("good")).toEqual(Array(STORM_NAMES).fill(1));
    expect(startsOf("bad")).toHaveLength(STORM_NAMES);
    expect(Math.max(...startsOf("bad"))).toBeLessThanOrEqual(most);
    expect(Math.min(...startsOf("bad"))).toBeGreaterThan(MAX_RESTARTS);
    expect(events.get("failed")).toBeGreaterThanOrEqual(STORM_NAMES);
  });
});

/** Sends 20 requests at a time over one connection, all for one name, and reads that each is answered by its server. */
async function visit(port: number, names: readonly string[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let wake = () => {};
  socket.on("data", (data) => {
    text += data.toString("latin1");
    wake();
  });
  for (const name of names) {
    text = "";
    socket.write(get(name).repeat(PER_NAME));
    while (text.split(`\r\n\r\n${name}`).length <= PER_NAME) {
      if (/^HTTP\/1.1 (?!200)/m.test(text)) throw new Error(text.slice(0, 500));
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  socket.destroy();
}
