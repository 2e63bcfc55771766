import type { AddressInfo } from "node:net";
import express, { type Express, type Request } from "express";
import type { AppContext } from "./app.ts";
import { escapeHtml } from "./problem.ts";

/** What the built-in app says of itself and of the request it saw. */
interface DemoAnswer {
  hostname: string;
  port: number;
  uptimeMs: number;
  request: { method: string; url: string; headers: Request["headers"] };
}

/** The app of a pool without one: it says who it is and what it was asked; `/health` says that it is well. */
export function createDemoApp({ hostname, server }: AppContext): Express {
  const startedAt = performance.now();
  const uptimeMs = () => Math.round(performance.now() - startedAt);
  const app = express();
  app.disable("x-powered-by");
  app.get("/health", (_request, response) => {
    response.json({ status: "ok", hostname, uptimeMs: uptimeMs() });
  });
  app.use((request, response) => {
    const { method, originalUrl: url, headers } = request;
    const { port } = server.address() as AddressInfo;
    const answer: DemoAnswer = { hostname, port, uptimeMs: uptimeMs(), request: { method, url, headers } };
    if (request.accepts(["json", "html"]) === "html") response.type("html").send(toPage(answer));
    else response.json(answer);
  });
  return app;
}

function toPage({ hostname, port, uptimeMs, request }: DemoAnswer): string {
  const fields = Object.entries(request.headers).map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}<td>${escapeHtml(String(value))}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(hostname)}</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:8vh auto;padding:0 1rem}
th{text-align:left;padding-right:1rem;white-space:nowrap;vertical-align:top}td{word-break:break-all}
</style>
<h1>${escapeHtml(hostname)}</h1>
<p>This server was started for <b>${escapeHtml(hostname)}</b> ${(uptimeMs / 1000).toFixed(1)} s ago, by the first request for it.
It also listens on port ${port}. Change the name in the address bar to start another one.</p>
<h2>The request it saw</h2>
<p><code>${escapeHtml(request.method)} ${escapeHtml(request.url)}</code></p>
<table>${fields.join("\n")}</table>
</html>
`;
}
