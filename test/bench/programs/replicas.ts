/** A switchboard whose hostname h0 has an app that computes, in so many threads. `replicas.ts <replicas> <app>` */
import { createSwitchboard, threadApp } from "../../../src/index.ts";
import { report } from "./program.ts";

const [replicas, file] = process.argv.slice(2) as [string, string];
const app = () => threadApp(new URL(`./${file}`, import.meta.url));
const board = await createSwitchboard({ basePort: 0, app, slowStartMs: 0 });
await board.pool.getOrCreate("h0");
await board.pool.scale("h0", Number(replicas));
const [server] = board.pool.inspect().servers;
report({ port: board.port, replicas: server?.replicas.map(({ port }) => port) });
