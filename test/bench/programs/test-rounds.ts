/**
 * What a test pays for its server: sequential rounds of everything, interleaved. `test-rounds.ts <rounds>`
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run } from "effection";
import express, { type Express } from "express";
import request from "supertest";
import { type AppContext, createSwitchboard, useServerPool } from "../../../src/index.ts";
import { expectNoLeaks } from "../../../src/testing/index.ts";
import { median } from "../rounds.ts";
import { report } from "./program.ts";

/** What this program reports: milliseconds by contestant. */
export type TestRounds = Record<string, number>;

const WARM_UP = 50;

const app = ({ hostname }: Pick<AppContext, "hostname">): Express =>
  express().get("/", (_request, response) => void response.send(hostname));

const contestants: Record<string, () => Promise<unknown>> = {
  "pool with one server, up and down": () =>
    run(function* () {
      const pool = yield* useServerPool({ app, basePort: 0 });
      yield* pool.getOrCreate("shop");
    }),
  "switchboard with one server, up and down": async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.pool.getOrCreate("shop");
  },
  "switchboard, one server, one fetch": ask,
  "the same in expectNoLeaks": () => expectNoLeaks(ask),
  "app.listen(0), fetch, close": async () => {
    const server = createServer(app({ hostname: "shop" })).listen(0, "127.0.0.1");
    await once(server, "listening");
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
    server.close();
    await once(server, "close");
  },
  "app.listen(0) by supertest, one request": async () => {
    await request(app({ hostname: "shop" }))
      .get("/")
      .expect(200, "shop");
  },
};

const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
const rounds = Number(process.argv[2]);
for (let round = 0; round < WARM_UP + rounds; round += 1) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const since = performance.now();
    await contestant();
    if (round >= WARM_UP) times.get(name)?.push(performance.now() - since);
  }
}
report(Object.fromEntries([...times].map(([name, of]) => [name, median(of)])) satisfies TestRounds);

async function ask(): Promise<void> {
  await using board = await createSwitchboard({ app, basePort: 0 });
  await (await board.fetch("shop")).text();
}
