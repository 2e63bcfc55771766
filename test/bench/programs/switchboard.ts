/**
 * A switchboard and its servers in one process; the servers of h0, h1, ... run when it reports.
 * `switchboard.ts <kind | "shared" | "demo"> <hostnames> [guards that are on, or "unobserved"]`
 */
import { createServer } from "node:http";
import { type AppFactory, createSwitchboard, type DeliveryConfig } from "../../../src/index.ts";
import { type AppKind, makeApp } from "./apps.ts";
import { report } from "./program.ts";

const GUARDS: Record<string, DeliveryConfig> = {
  limiter: { rateLimit: { limit: 1_000_000_000, windowMs: 60_000 } },
  breaker: { circuitBreaker: {} },
  cap: { concurrency: { max: 1_000 } },
  budgets: { responseTimeoutMs: 60_000, responseIdleTimeoutMs: 60_000 },
};

const [kind, hostnames, ...guards] = process.argv.slice(2) as [AppKind | "shared" | "demo", string, ...string[]];
const app = toFactory();
const guarding: DeliveryConfig = Object.assign({}, ...guards.map((guard) => GUARDS[guard]));
const observe = !guards.includes("unobserved");
const board = await createSwitchboard({ basePort: 0, maxServers: 20_000, ...(app && { app }), ...guarding, observe });
if (guards.includes("fault")) board.fault({ hostname: "elsewhere", kind: "abort" });
for (let i = 0; i < Number(hostnames); i += 1) await board.pool.getOrCreate(`h${i}`);
report({ port: board.port, pid: process.pid });

/** The factory of the kind; `undefined` leaves it to the built-in app. */
function toFactory(): AppFactory | undefined {
  if (kind === "demo") return undefined;
  if (kind !== "shared") return ({ hostname, server }) => makeApp(kind, hostname, server);
  const shared = makeApp("express", "all", createServer());
  return () => shared;
}
