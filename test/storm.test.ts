import { Agent } from "node:http";
import { sleep, spawn } from "effection";
import { describe, expect, it } from "vitest";
import { type AppFactory, createSwitchboard, type RunConfig, type RunEvent } from "../src/index.ts";
import { ask, heap } from "./support/load.ts";

const COUNT = 50;
const HALF_MS = 2_500;
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
    const agent = new Agent({ keepAlive: true, maxSockets: 2 * COUNT });
    const wrong: unknown[] = [];
    const refusals = new Set<string>();
    const useGood = async (hostname: string, until: number) => {
      while (performance.now() < until) {
        const answer = await ask(agent, board.port, hostname);
        if (answer.status !== 200 || answer.text !== hostname) wrong.push([hostname, answer]);
      }
    };
    const useBad = async (hostname: string, until: number) => {
      while (performance.now() < until) {
        const { status, text } = await ask(agent, board.port, hostname);
        if (status !== 200) refusals.add(`${status} ${(JSON.parse(text) as { code: string }).code}`);
      }
    };
    const since = performance.now();
    const storm = async () => {
      const until = performance.now() + HALF_MS;
      const names = Array.from({ length: COUNT }, (_, i) => i);
      const bad = names.map((i) => `bad-${i}${i % 2 === 0 ? ".itself" : ""}`);
      await Promise.all([
        ...names.map((i) => useGood(`good-${i}`, until)),
        ...bad.map((hostname) => useBad(hostname, until)),
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
    expect(startsOf("good")).toEqual(Array(COUNT).fill(1));
    expect(startsOf("bad")).toHaveLength(COUNT);
    expect(Math.max(...startsOf("bad"))).toBeLessThanOrEqual(most);
    expect(Math.min(...startsOf("bad"))).toBeGreaterThan(MAX_RESTARTS);
    expect(events.get("failed")).toBeGreaterThanOrEqual(COUNT);
  });
});
