import express, { type Express } from "express";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import { sendProblem } from "../server/problem.ts";

/** The paths that belong to the switchboard itself start with this. */
export const RESERVED = "/__switchboard/";

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
