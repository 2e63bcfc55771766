import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type Router } from "express";

/** What the page is made of: other files of its folder, such as those for type checks, are not served. */
const FILES = /^\/(?:[a-z][a-z-]*\.(?:html|js|css|svg))?$/;
/** What it uses of uPlot, which is served as it was installed. */
const VENDOR = /^\/vendor\/(uPlot\.esm\.js|uPlot\.min\.css)$/;

/** Makes what serves the dashboard: the page itself, its modules and styles. It needs no token: it holds nothing. */
export function createDashboard(): Router {
  const page = express.static(fileURLToPath(new URL("dashboard", import.meta.url)), { cacheControl: false });
  const vendor = dirname(createRequire(import.meta.url).resolve("uplot"));
  const router = express.Router({ caseSensitive: true });
  router.use((request, response, next) => {
    const [path = ""] = request.originalUrl.split("?");
    // Its files are found beside it: `/__switchboard` alone would look for them among those of an app.
    if (request.path === "/" && !path.endsWith("/")) response.redirect(308, `${path}/`);
    else if (FILES.test(request.path)) page(request, response, next);
    else next();
  });
  router.get(VENDOR, (request, response, next) => {
    const [, file = ""] = VENDOR.exec(request.path) ?? [];
    response.sendFile(join(vendor, file), { cacheControl: false }, (error) => error && next());
  });
  return router;
}
