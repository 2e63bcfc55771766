import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type RequestHandler, type Router } from "express";

/** What the dashboard takes of uPlot. */
const VENDOR = ["/uPlot.esm.js", "/uPlot.min.css"];

/** The dashboard's files. They hold no secret, so whoever may connect may have them; what they show is asked for with a token. */
export function createPages(): Router {
  const vendor = folder(dirname(createRequire(import.meta.url).resolve("uplot/dist/uPlot.esm.js")));
  const router = express.Router({ caseSensitive: true });
  router.use("/vendor", (request, response, next) => {
    if (VENDOR.includes(request.path)) vendor(request, response, next);
    else next();
  });
  router.use(folder(fileURLToPath(new URL("dashboard/", import.meta.url))));
  return router;
}

function folder(path: string): RequestHandler {
  return express.static(path, {
    cacheControl: false,
    redirect: false,
    setHeaders: (response) => response.setHeader("Cache-Control", "no-cache"), // asked for again, by its ETag
  });
}
