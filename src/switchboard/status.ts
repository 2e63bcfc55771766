import type { IncomingMessage } from "node:http";
import express, { type Express } from "express";
import { toPath } from "../base/request-target.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import { sendProblem } from "../server/problem.ts";
import { isLoopbackName, toHost } from "./hostname.ts";

/** The paths that belong to the switchboard itself start with this. */
const RESERVED = "/__switchboard/";

/** `health` belongs to the switchboard under every name, the rest of its paths only where Host names this machine. */
export function isOwnPath({ url = "", headers }: IncomingMessage): boolean {
  if (!url.includes(RESERVED)) return false;
  const [path = ""] = toPath(url).split("?", 1);
  const host = toHost(headers.host as string);
  if (host === undefined || !path.startsWith(RESERVED)) return false;
  return path === `${RESERVED}health` || isLoopbackName(host);
}

/** What the status app tells. */
export interface StatusSource {
  pool: ServerPool;
  url(hostname: string): string;
  draining(): boolean;
}

/** The switchboard's own app: how it is (`health`), and which servers exist (`servers`), as JSON. */
export function createStatusApp({ pool, url, draining }: StatusSource): Express {
  const startedAt = performance.now();
  const app = express();
  app.disable("x-powered-by");
  app.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  app.get(`${RESERVED}health`, (_request, response) => {
    const status = draining() ? "draining" : "ok";
    const uptimeMs = Math.round(performance.now() - startedAt);
    response.status(draining() ? 503 : 200).json({ status, uptimeMs });
  });
  app.get(`${RESERVED}servers`, (_request, response) => {
    const startedAt = new Map(pool.list().map((info) => [info.hostname, info.startedAt]));
    const { servers, ...totals } = pool.inspect();
    const rows = servers.map((row) => ({ ...row, url: url(row.hostname), startedAt: startedAt.get(row.hostname) }));
    response.json({ ...totals, servers: rows });
  });
  app.use((request, response) => {
    const detail = `there is nothing at ${request.method} ${request.path}; try GET ${RESERVED}health or ${RESERVED}servers`;
    sendProblem(request, response, { status: 404, code: "NOT_FOUND", detail });
  });
  return app;
}
