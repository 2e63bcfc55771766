import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type RequestHandler, type Router } from "express";

/** What the dashboard takes of uPlot. */
const VENDOR = ["/uPlot.esm.js", "/uPlot.min.css"];

/**
 * The dashboard's files. They hold no secret, so whoever may connect may have them, however often; what they show is asked
 * for with a token. Other paths are left alone, without a look at the disk. In the package its fifty modules are one file,
 * which opens in half the time.
 */
export function createPages(): Router {
  const vendor = dirname(createRequire(import.meta.url).resolve("uplot/dist/uPlot.esm.js"));
  const dashboard = fileURLToPath(new URL("dashboard/", import.meta.url));
  const names = readdirSync(dashboard).filter((name) => /\.(?:css|html|js|svg)$/.test(name));
  const router = express.Router({ caseSensitive: true });
  router.use("/vendor", only(VENDOR, folder(vendor)));
  router.use(only(["/", ...names.map((name) => `/${name}`)], folder(dashboard)));
  return router;
}

function only(paths: readonly string[], handle: RequestHandler): RequestHandler {
  const known = new Set(paths);
  return (request, response, next) => {
    if (known.has(request.path)) handle(request, response, next);
    else next();
  };
}

function folder(path: string): RequestHandler {
  return express.static(path, {
    cacheControl: false,
    redirect: false,
    setHeaders: (response) => response.setHeader("Cache-Control", "no-cache"), // asked for again, by its ETag
  });
}
