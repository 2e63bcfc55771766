/**
 * A switchboard and its servers in one process; the servers of h0, h1, ... run when it reports.
 * `switchboard.ts <kind | "shared" | "demo"> <hostnames>`
 */
import { createServer } from "node:http";
import { type AppFactory, createSwitchboard } from "../../../src/index.ts";
import { type AppKind, makeApp } from "./apps.ts";
import { report } from "./program.ts";

const [kind, hostnames] = process.argv.slice(2) as [AppKind | "shared" | "demo", string];
const app = toFactory();
const board = await createSwitchboard({ basePort: 0, maxServers: 20_000, ...(app && { app }) });
for (let i = 0; i < Number(hostnames); i += 1) await board.pool.getOrCreate(`h${i}`);
report({ port: board.port, pid: process.pid });

/** The factory of the kind; `undefined` leaves it to the built-in app. */
function toFactory(): AppFactory | undefined {
  if (kind === "demo") return undefined;
  if (kind !== "shared") return ({ hostname, server }) => makeApp(kind, hostname, server);
  const shared = makeApp("express", "all", createServer());
  return () => shared;
}
