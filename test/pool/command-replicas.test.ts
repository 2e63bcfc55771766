import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { commandApp, type RunConfig, type RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { ended, processesOf } from "../support/processes.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/command.mjs", import.meta.url));
const TWO = {
  app: () => commandApp([process.execPath, FIXTURE]),
  replicas: 2,
  balance: "round-robin",
  restart: { backoff: { initialMs: 1, maxMs: 1 }, maxRestarts: 1_000 },
  slowStartMs: 0,
} satisfies RunConfig;
/** Only a guard: processes start while other tests run. */
const PATIENT = { timeoutMs: 15_000 };

const row = (board: RunningSwitchboard) => board.pool.inspect().servers[0];

/** The processes that answer: each is the leader of its group. */
async function pids(board: RunningSwitchboard): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: 6 }, () => board.fetch("shop", "/pid")));
  return [...new Set(await Promise.all(answers.map(async (answer) => Number(await answer.text()))))];
}

describe("replicas in commands", () => {
  it("serve without a gap while one of them is killed, which is replaced", { timeout: 30_000 }, async () => {
    const all = new Set<number>();
    const { log } = await withBoard(TWO, async (board, log) => {
      await board.fetch("shop");
      await log.next("replica-started", "shop", PATIENT);
      const before = await pids(board);
      expect(before).toHaveLength(2);
      const [killed = 0, other = 0] = before;
      const seen: string[] = [];
      let done = false;
      const visit = async (method: string) => {
        while (!done) {
          const answer = await board.fetch("shop", "/pid", { method });
          seen.push(answer.status === 200 ? await answer.text() : `${answer.status} ${await answer.text()}`);
        }
      };
      const visitors = ["GET", "PUT", "DELETE"].map(visit);
      await vi.waitFor(() => expect(new Set(seen).size).toBe(2));
      process.kill(killed, "SIGKILL");
      const { message } = await log.next("replica-failed", "shop", PATIENT);
      expect(message).toContain("its command was ended by SIGKILL");
      expect(await pids(board)).toEqual([other]); // to start a process takes longer than to ask one
      await log.next("replica-started", "shop", PATIENT);
      done = true;
      await Promise.all(visitors);
      const after = await pids(board);
      expect(after).toHaveLength(2);
      expect(after).toContain(other);
      expect(after).not.toContain(killed);
      for (const pid of [...before, ...after]) all.add(pid);
      expect(seen.filter((text) => !/^\d+$/.test(text))).toEqual([]);
    });
    expect(log.lines("error", "forward-error", "stopped")).toEqual(["stopped shop"]);
    expect(all.size).toBe(3);
    for (const pid of all) expect(processesOf(pid)).toEqual([]);
  });

  it("drain when they are too many, and leave no process", { timeout: 30_000 }, async () => {
    const { report } = await withBoard(TWO, async (board, log) => {
      await board.fetch("shop");
      await log.next("replica-started", "shop", PATIENT);
      const both = await pids(board);
      expect(both).toHaveLength(2);
      const head = get("shop", "/body", "Connection: close\r\nContent-Length: 4\r\n").replace("GET", "POST");
      const clients = both.map(() => new Client(board.port).send(head));
      await vi.waitFor(() => expect(row(board)?.replicas.map(({ inFlight }) => inFlight)).toEqual([1, 1]));
      const fewer = board.pool.scale("shop", 1);
      expect(row(board)?.replicas.map(({ state }) => state)).toEqual(["running", "stopping"]);
      const [left = 0, ...more] = await pids(board); // new requests
      expect([more, both]).toEqual([[], expect.arrayContaining([left])]);
      const leaving = both.find((pid) => pid !== left) as number;
      expect(processesOf(leaving)).toHaveLength(1);
      const texts = await Promise.all(clients.map((client) => client.send("body").end()));
      expect(texts.map((text) => Number(text.split("\r\n\r\n")[1])).sort()).toEqual([...both].sort());
      await fewer;
      expect(processesOf(leaving)).toEqual([]);
      expect(await pids(board)).toEqual([left]);
      for (const client of clients) client.destroy();
      await board.close();
      await ended(left);
    });
    expect(report).toMatchObject({ serversStopped: 1, requestsCut: 0 });
  });
});
